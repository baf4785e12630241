// SPDX-License-Identifier: Apache-2.0
// Changes of the rules' code, each with the test that must notice: `find` stands exactly once in the
// file. `system` names a system test by its file and the beginning of its title, `unit` a test
// program of meson.
const examples = 'licensing.test.mjs';
const inTime = 'licensing.faketime.test.mjs';

export const mutations = [
  { rules: 'T1 C3', file: 'src/license/claim.c', find: 'object->granted = wanted <= left;',
    replace: 'object->granted = wanted < left;', system: [examples, 'T1'] },
  { rules: 'C9', file: 'src/job/selection.c', find: 'return order ? order : strcmp(left->kind, right->kind);',
    replace: 'return order ? -order : strcmp(left->kind, right->kind);', system: [examples, 'T1'] },
  { rules: 'T2', file: 'src/license/license.c', find: '\tlicense->seats += seats;',
    replace: '\tlicense->seats += seats;\n\tlicense->used += seats;', system: [examples, 'T1'] },
  { rules: 'T3 C4', file: 'src/license/license.c', find: '\tlicense->seats += seats;',
    replace: '\tlicense->seats += 0;', system: [examples, 'T1'] },
  { rules: 'T8 B13', file: 'src/license_client/license_client.c', find: 'hash_hmac(client->grant.secret, sizeof(client->grant.secret), text, size, digest);',
    replace: 'hash_hmac(client->identity.id, sizeof(client->identity.id), text, size, digest);', system: [examples, 'T8'] },
  { rules: 'T9 B4', file: 'src/license/subject.c', find: 'return facts->exchange_license ? needs_user : needs_none;',
    replace: 'return needs_none;', system: [examples, 'T9'] },
  { rules: 'T10 B7', file: 'src/license/subject.c', find: 'return facts->m365_license ? has_no_exchange : has_no_license;',
    replace: 'return facts->m365_license ? needs_user : has_no_license;', system: [examples, 'T10'] },
  { rules: 'T11 D4', file: 'src/license/claim.c', find: 'return now_s >= release_first_moment(assigned_s);',
    replace: 'return now_s > release_first_moment(assigned_s);', system: [inTime, 'T11'] },
  { rules: 'T11 D4', file: 'src/license/claim.c', find: 'return assigned_s + RELEASE_AFTER_S;',
    replace: 'return assigned_s + RELEASE_AFTER_S - 1;', system: [inTime, 'T11'] },
  { rules: 'T13 A6', file: 'src/license/license.c', find: '.reset = seats < license->seats,',
    replace: '.reset = seats <= license->seats,', system: [inTime, 'T13'] },
  { rules: 'T14 A7', file: 'src/license/license.c', find: '.reset = seats < license->seats,',
    replace: '.reset = false,', system: [inTime, 'T14'] },
  { rules: 'T15 A8', file: 'src/license/price.c', find: '(wide)(end_s - now_s)',
    replace: '(wide)(end_s - start_s)', system: [inTime, 'T15'] },
  { rules: 'T15 A8', file: 'src/license/license.c', find: '\tlicense->seats += seats;',
    replace: '\tlicense->seats += seats;\n\tlicense->years++;', system: [inTime, 'T15'] },
  { rules: 'T16 A4 (backup)', file: 'src/license/standing.c', find: 'return standing == STANDING_OFFLINE ||',
    replace: 'return standing == STANDING_EXPIRED || standing == STANDING_OFFLINE ||', system: [inTime, 'T16'] },
  { rules: 'T16 A4 (new job)', file: 'src/job/job.c', find: 'if (r == 0 && needs_license)\n',
    replace: 'if (r == 0 && needs_license && !job)\n', system: [inTime, 'T16'] },
  { rules: 'T16 A4 C7 (restore)', file: 'src/cmd/garner/repository_commands.c', find: '\tint r = check_target(how.folder);\n',
    replace: `\tint r = check_target(how.folder);
\tstruct installation *installation;
\tstruct license_status standing;
\tif (r == 0)
\t\tr = app_installation(app, &installation);
\tif (r == 0) {
\t\tlicense_client_status(installation->license, &standing);
\t\tr = standing.may_back_up ? 0 : err_set(ERR_LICENSE, "expired");
\t}
`, system: [inTime, 'T16'] },
  { rules: 'T19 E3', file: 'src/license/standing.c', find: 'if (now_s >= standing_offline_until(lease))',
    replace: 'if (now_s > standing_offline_until(lease))', system: [inTime, 'T19'] },
  { rules: 'T21 C5', file: 'src/license/claim.c', find: 'object->granted = wanted <= left;',
    replace: 'object->granted = wanted <= left + 1;', system: [examples, 'T21'] },
  { rules: 'A2', file: 'src/license/license.c', find: '.changed = license->activated_s == 0,',
    replace: '.changed = true,', system: [inTime, 'A1, A2'] },
  { rules: 'A11', file: 'src/license/license.c', find: 'return license->revoked_s ? err_set(ERR_LICENSE, "the license key is revoked") : 0;',
    replace: 'return license->revoked_s < 0 ? err_set(ERR_LICENSE, "the license key is revoked") : 0;', system: [examples, 'A11'] },
  { rules: 'D3', file: 'src/job/run_record.c', find: '"ssi", judgement->subject, object->name, clock_now_s());',
    replace: '"ssi", judgement->subject, "somebody", clock_now_s());', system: [examples, 'D3'] },
  { rules: 'T22 C2', file: 'src/license/claim.c', find: 'settle(object, marks, object->granted ? CLAIM_NEW : CLAIM_UNLICENSED);',
    replace: 'settle(object, marks, CLAIM_NEW);', unit: 'license/claim' },
  { rules: 'T23 A1', file: 'src/license/term.c', find: 'parts.day = 28;',
    replace: 'parts.day = 28, parts.month = 2, parts.hour = 0;', unit: 'license/license' },
  { rules: 'A9', file: 'src/license/license.c', find: 'if (now_s < license_expires(license))\n',
    replace: 'if (now_s < license_expires(license) && seats >= license->seats)\n', unit: 'license/license' },
  { rules: 'C6', file: 'src/license_service/claims.c', find: '\tif (r != 0)\n\t\treturn r < 0 ? r : 0;\n\tswitch',
    replace: '\tif (r < 0)\n\t\treturn r;\n\tswitch', unit: 'license_service/claims' },
];
