/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "crypto/cert.h"

static char *folder, *authority_path, *server_path, *key_path;

static int make_certificates(void **state)
{
	(void)state;
	char template[] = "/tmp/garner-cert-XXXXXX";

	folder = mem_strdup(mkdtemp(template));
	authority_path = io_join(folder, "ca.pem");
	server_path = io_join(folder, "server.pem");
	key_path = io_join(folder, "server.key");
	return cert_make_loopback(folder);
}

static int remove_certificates(void **state)
{
	(void)state;
	unlink(authority_path);
	unlink(server_path);
	unlink(key_path);
	int r = rmdir(folder); /* nothing else may be there */
	mem_free(authority_path);
	mem_free(server_path);
	mem_free(key_path);
	mem_free(folder);
	return r;
}

static X509 *read_certificate(const char *path)
{
	BIO *file = BIO_new_file(path, "r");
	X509 *certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);

	BIO_free(file);
	assert_non_null(certificate);
	return certificate;
}

/* OpenSSL's verdict on the server's certificate, strictly, for a name or an address. */
static int verdict(time_t at, const char *host, const char *address)
{
	X509 *authority = read_certificate(authority_path);
	X509 *server = read_certificate(server_path);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();

	X509_STORE_add_cert(store, authority);
	X509_STORE_CTX_init(context, store, server, NULL);
	X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_time(parameters, at);
	X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
	if (host)
		X509_VERIFY_PARAM_set1_host(parameters, host, 0);
	if (address)
		X509_VERIFY_PARAM_set1_ip_asc(parameters, address);
	X509_verify_cert(context);
	int error = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	X509_free(server);
	X509_free(authority);
	return error;
}

enum { IN_1971 = 31536000 + 1 };
static const time_t in_2026 = 1767225600, in_2099 = 4102444799, in_2100 = 4102444801;

static void is_good_for_the_names_of_loopback_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(verdict(in_2026, "localhost", NULL), X509_V_OK);
	assert_int_equal(verdict(in_2026, NULL, "127.0.0.1"), X509_V_OK);
	assert_int_equal(verdict(in_2026, NULL, "::1"), X509_V_OK);
	assert_int_equal(verdict(in_2026, "example.org", NULL), X509_V_ERR_HOSTNAME_MISMATCH);
	assert_int_equal(verdict(in_2026, NULL, "127.0.0.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
}

static void is_good_from_1970_to_2100(void **state)
{
	(void)state;
	assert_int_equal(verdict(1, "localhost", NULL), X509_V_OK);
	assert_int_equal(verdict(IN_1971, "localhost", NULL), X509_V_OK);
	assert_int_equal(verdict(in_2099, "localhost", NULL), X509_V_OK);
	assert_int_equal(verdict(in_2100, "localhost", NULL), X509_V_ERR_CERT_HAS_EXPIRED);
}

/* RFC 5280, 4.1.2.5: to 2049 as UTCTime, from 2050 as GeneralizedTime. */
static void writes_times_as_rfc_5280_wants(void **state)
{
	(void)state;
	const char *const paths[] = {authority_path, server_path};

	for (int i = 0; i < 2; i++) {
		X509 *certificate = read_certificate(paths[i]);
		const ASN1_TIME *from = X509_get0_notBefore(certificate);
		const ASN1_TIME *to = X509_get0_notAfter(certificate);
		assert_int_equal(ASN1_STRING_type(from), V_ASN1_UTCTIME);
		assert_string_equal((const char *)ASN1_STRING_get0_data(from), "700101000000Z");
		assert_int_equal(ASN1_STRING_type(to), V_ASN1_GENERALIZEDTIME);
		assert_string_equal((const char *)ASN1_STRING_get0_data(to), "21000101000000Z");
		X509_free(certificate);
	}
}

static void the_authority_signs_and_the_server_may_not(void **state)
{
	(void)state;
	X509 *authority = read_certificate(authority_path);
	X509 *server = read_certificate(server_path);

	assert_int_equal(X509_check_ca(authority), 1);
	assert_int_equal(X509_get_pathlen(authority), 0);
	assert_int_equal(X509_get_key_usage(authority), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_int_equal(X509_check_ca(server), 0);
	assert_int_equal(X509_get_key_usage(server), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(server), XKU_SSL_SERVER);
	assert_int_equal(X509_get_version(server), X509_VERSION_3);
	X509_free(server);
	X509_free(authority);
}

static void the_key_belongs_to_the_server_and_to_its_owner_alone(void **state)
{
	(void)state;
	struct stat status;
	X509 *server = read_certificate(server_path);
	BIO *file = BIO_new_file(key_path, "r");
	EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);

	assert_int_equal(X509_check_private_key(server, key), 1);
	assert_int_equal(stat(key_path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	EVP_PKEY_free(key);
	BIO_free(file);
	X509_free(server);
}

static void what_is_there_stays(void **state)
{
	(void)state;
	AUTO_BUF before = buf_init(10000), after = buf_init(10000);

	assert_int_equal(io_read_file(server_path, &before), 0);
	assert_int_equal(cert_make_loopback(folder), 0);
	assert_int_equal(io_read_file(server_path, &after), 0);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, before.size);
}

static void where_one_is_missing_all_are_made_anew_and_fit(void **state)
{
	(void)state;
	const char *const paths[] = {authority_path, server_path, key_path};

	for (int i = 0; i < 3; i++) {
		assert_int_equal(unlink(paths[i]), 0);
		assert_int_equal(cert_make_loopback(folder), 0);
		assert_int_equal(verdict(in_2026, "localhost", NULL), X509_V_OK);
		the_key_belongs_to_the_server_and_to_its_owner_alone(state);
	}
}

static int failing_calls_left;

static int rename_while_it_works(const char *from, const char *to)
{
	return failing_calls_left-- > 0 ? rename(from, to) : -1;
}

static int real_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

/* A certificate beside another's key would pass for whole at the next start. */
static void a_failure_half_way_leaves_nothing_that_passes_for_whole(void **state)
{
	(void)state;
	const struct io_calls calls = {.open = real_open,
		.write = write,
		.pread = pread,
		.fdatasync = fdatasync,
		.fsync = fsync,
		.rename = rename_while_it_works};

	for (int working = 0; working < 3; working++) {
		unlink(authority_path);
		failing_calls_left = working;
		io_use(&calls);
		int r = cert_make_loopback(folder);
		io_use(NULL);
		assert_true(r < 0);
		assert_int_equal(cert_make_loopback(folder), 0);
		assert_int_equal(verdict(in_2026, "localhost", NULL), X509_V_OK);
		the_key_belongs_to_the_server_and_to_its_owner_alone(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_good_for_the_names_of_loopback_and_no_other),
		cmocka_unit_test(is_good_from_1970_to_2100),
		cmocka_unit_test(writes_times_as_rfc_5280_wants),
		cmocka_unit_test(the_authority_signs_and_the_server_may_not),
		cmocka_unit_test(the_key_belongs_to_the_server_and_to_its_owner_alone),
		cmocka_unit_test(what_is_there_stays),
		cmocka_unit_test(where_one_is_missing_all_are_made_anew_and_fit),
		cmocka_unit_test(a_failure_half_way_leaves_nothing_that_passes_for_whole),
	};

	return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
