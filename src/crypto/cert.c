/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/io.h"
#include "base/mem.h"

/* RFC 5280: version 3, serial numbers of at most 20 bytes, names as UTF8String. */

static int failed(const char *what)
{
	return err_set(ERR_IO, "cannot make a certificate: %s", what);
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

static bool set_serial(X509 *certificate)
{
	unsigned char bytes[16];
	bool ok = RAND_bytes(bytes, sizeof(bytes)) == 1;

	bytes[0] &= 0x7f; /* positive */
	bytes[0] |= 0x40; /* and no leading zero */
	BIGNUM *number = ok ? BN_bin2bn(bytes, sizeof(bytes), NULL) : NULL;
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return ok;
}

/* Valid from 1970 to 2100, whatever the time is that a program believes in. */
static bool set_times(X509 *certificate)
{
	return ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "19700101000000Z") ==
		       1 &&
	       ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "21000101000000Z") ==
		       1;
}

struct issuer {
	X509 *certificate; /* NULL: signs itself */
	EVP_PKEY *key;
};

/* What is the same for both; `signer` may be the certificate itself. */
static bool fill(X509 *certificate, const char *name, EVP_PKEY *key, X509 *signer)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
	       set_times(certificate) && X509_set_pubkey(certificate, key) == 1 &&
	       X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		       (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1;
}

struct extension {
	int nid;
	const char *value;
};

static const struct extension for_authority[] = {
	{NID_subject_key_identifier, "hash"},
	{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	{NID_key_usage, "critical,keyCertSign,cRLSign"},
	{0},
};

static const struct extension for_server[] = {
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
	{NID_basic_constraints, "critical,CA:FALSE"},
	{NID_key_usage, "critical,digitalSignature"},
	{NID_ext_key_usage, "serverAuth"},
	{NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"},
	{0},
};

static bool add_extensions(X509 *certificate, X509 *signer, const struct extension *extension)
{
	for (; extension->value; extension++)
		if (!add_extension(certificate, signer, extension->nid, extension->value))
			return false;
	return true;
}

static X509 *make_certificate(const char *name, EVP_PKEY *key, const struct issuer *issuer)
{
	X509 *certificate = X509_new();
	bool is_authority = issuer->certificate == NULL;
	X509 *signer = is_authority ? certificate : issuer->certificate;

	bool ok =
		certificate && fill(certificate, name, key, signer) &&
		add_extensions(certificate, signer, is_authority ? for_authority : for_server);
	if (ok && X509_sign(certificate, issuer->key, EVP_sha256()) > 0)
		return certificate;
	X509_free(certificate);
	return NULL;
}

static int write_pem(const char *path, X509 *certificate, EVP_PKEY *key)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *data;
	int r = memory ? 0 : failed("no memory");

	if (r == 0 && certificate && PEM_write_bio_X509(memory, certificate) != 1)
		r = failed("it cannot be written");
	if (r == 0 && key &&
		PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) != 1)
		r = failed("its key cannot be written");
	if (r == 0) {
		long size = BIO_get_mem_data(memory, &data);
		r = io_write_file(path, data, (size_t)size, key ? 0600 : 0644);
	}
	BIO_free(memory);
	return r;
}

static int make_all(const char *authority_path, const char *server_path, const char *key_path)
{
	EVP_PKEY *authority_key = EVP_EC_gen("P-256");
	EVP_PKEY *server_key = EVP_EC_gen("P-256");
	struct issuer self = {.key = authority_key};
	X509 *authority = authority_key ? make_certificate("Garner loopback authority",
						  authority_key, &self)
					: NULL;
	struct issuer issuer = {.certificate = authority, .key = authority_key};
	X509 *server = authority && server_key
			       ? make_certificate("localhost", server_key, &issuer)
			       : NULL;
	int r = server ? 0 : failed("OpenSSL refused");

	/* Its being there says that all are: away with it first, and last to come. */
	if (r == 0)
		r = io_remove(server_path);
	if (r == 0)
		r = write_pem(authority_path, authority, NULL);
	if (r == 0)
		r = write_pem(key_path, NULL, server_key);
	if (r == 0)
		r = write_pem(server_path, server, NULL);
	X509_free(server);
	X509_free(authority);
	EVP_PKEY_free(server_key);
	EVP_PKEY_free(authority_key);
	return r;
}

int cert_make_loopback(const char *folder)
{
	AUTO_TEXT authority = io_join(folder, "ca.pem");
	AUTO_TEXT server = io_join(folder, "server.pem");
	AUTO_TEXT key = io_join(folder, "server.key");
	int r = io_make_folders(folder, 0700);

	if (r == 0 && !(io_exists(server) && io_exists(authority) && io_exists(key)))
		r = make_all(authority, server, key);
	return r;
}
