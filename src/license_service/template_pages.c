/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/template.h"

/* The files of pages/, which the build makes texts of. */

const char template_layout[] =
#include <layout.html.inc>
	;
const char template_form[] =
#include <form.html.inc>
	;
const char template_review[] =
#include <review.html.inc>
	;
const char template_order[] =
#include <order.html.inc>
	;
const char template_message[] =
#include <message.html.inc>
	;
const char template_style[] =
#include <shop.css.inc>
	;
