/* SPDX-License-Identifier: Apache-2.0 */
#include "license/license.h"

#include <inttypes.h>
#include <string.h>

#include "license/term.h"

struct license license_new(int64_t seats)
{
	ASSERT(seats > 0 && seats <= LICENSE_SEATS_MAX);
	return (struct license){.seats = seats};
}

int64_t license_expires(const struct license *license)
{
	return license->activated_s ? term_end(license->anchor_s, license->years) : 0;
}

enum license_phase license_phase(const struct license *license, int64_t now_s)
{
	if (license->revoked_s)
		return LICENSE_PHASE_REVOKED;
	if (!license->activated_s)
		return LICENSE_PHASE_NEW;
	return now_s >= license_expires(license) ? LICENSE_PHASE_EXPIRED : LICENSE_PHASE_ACTIVE;
}

const char *license_phase_name(enum license_phase phase)
{
	static const char *const names[] = {
		[LICENSE_PHASE_NEW] = "new",
		[LICENSE_PHASE_ACTIVE] = "active",
		[LICENSE_PHASE_EXPIRED] = "expired",
		[LICENSE_PHASE_REVOKED] = "revoked",
	};

	return names[phase];
}

int64_t license_next_reset(const struct license *license)
{
	int64_t seats = license->seats;

	for (size_t i = 0; i < license->waiting_count; i++) {
		if (license->waiting[i].seats < seats)
			return license->waiting[i].start_s;
		seats = license->waiting[i].seats;
	}
	return 0;
}

/* The number of a renewal takes effect. Fewer than before free all assignments, also where all
 * would fit (ruling on A7): which of them stay is decided by the order of the next runs. */
static void take_effect(
	struct license *license, int64_t seats, int64_t at_s, struct license_effect *out)
{
	*out = (struct license_effect){
		.changed = true, .reset = seats < license->seats, .at_s = at_s, .seats = seats};
	license->seats = seats;
	if (out->reset) {
		license->epoch++;
		license->used = 0;
	}
}

bool license_settle(struct license *license, int64_t now_s, struct license_effect *out)
{
	if (license->waiting_count == 0 || license->waiting[0].start_s > now_s)
		return false;

	take_effect(license, license->waiting[0].seats, license->waiting[0].start_s, out);
	license->waiting_count--;
	memmove(license->waiting, license->waiting + 1,
		license->waiting_count * sizeof(license->waiting[0]));
	return true;
}

static int refuse_revoked(const struct license *license)
{
	return license->revoked_s ? err_set(ERR_LICENSE, "the license key is revoked") : 0;
}

static int check_seats(int64_t seats, int64_t most)
{
	if (seats >= 1 && seats <= most)
		return 0;
	return err_set(
		ERR_INVALID, "the number of licenses must lie between 1 and %" PRId64, most);
}

int license_activate(struct license *license, int64_t now_s, struct license_effect *out)
{
	int r = refuse_revoked(license);

	if (r < 0)
		return r;
	*out = (struct license_effect){
		.changed = license->activated_s == 0, .at_s = now_s, .seats = license->seats};
	if (out->changed) {
		license->activated_s = now_s;
		license->anchor_s = now_s;
		license->years = 1;
	}
	return 0;
}

static int renew_early(struct license *license, int64_t seats, struct license_effect *out)
{
	if (license->waiting_count == LICENSE_WAITING_MAX)
		return err_set(ERR_LIMIT, "%d renewals wait already", LICENSE_WAITING_MAX);

	int64_t start_s = license_expires(license);
	license->waiting[license->waiting_count++] =
		(struct license_renewal){.start_s = start_s, .seats = seats};
	license->years++;
	*out = (struct license_effect){.changed = true, .at_s = start_s, .seats = seats};
	return 0;
}

int license_renew(
	struct license *license, int64_t seats, int64_t now_s, struct license_effect *out)
{
	int r = refuse_revoked(license);

	if (r == 0)
		r = check_seats(seats, LICENSE_SEATS_MAX);
	if (r < 0)
		return r;
	if (!license->activated_s)
		return err_set(ERR_LICENSE,
			"the license key was never activated: its first term "
			"begins with the activation, and can be renewed then");
	if (now_s < license_expires(license))
		return renew_early(license, seats, out);

	license->anchor_s = now_s;
	license->years = 1;
	take_effect(license, seats, now_s, out);
	return 0;
}

/* The largest number that the key has or will have. */
static int64_t most_seats(const struct license *license)
{
	int64_t most = license->seats;

	for (size_t i = 0; i < license->waiting_count; i++)
		if (license->waiting[i].seats > most)
			most = license->waiting[i].seats;
	return most;
}

int license_add(
	struct license *license, int64_t seats, int64_t now_s, struct license_effect *out)
{
	int r = refuse_revoked(license);

	if (r == 0)
		r = check_seats(seats, LICENSE_SEATS_MAX - most_seats(license));
	if (r < 0)
		return r;
	license->seats += seats;
	for (size_t i = 0; i < license->waiting_count; i++)
		license->waiting[i].seats += seats;
	*out = (struct license_effect){.changed = true, .at_s = now_s, .seats = license->seats};
	return 0;
}

int license_revoke(struct license *license, int64_t now_s, struct license_effect *out)
{
	if (license->revoked_s)
		return err_set(ERR_EXISTS, "the license key is revoked already");
	license->revoked_s = now_s;
	*out = (struct license_effect){.changed = true, .at_s = now_s, .seats = license->seats};
	return 0;
}
