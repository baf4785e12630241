# SPDX-License-Identifier: Apache-2.0
# Makes a line of a page a literal of C.
s/[\\"]/\\&/g
s/.*/"&\\n"/
