// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The ELF note by which a loader knows a program for Stave. Assembly includes this too.
#pragma once

#define ELF_NOTE_NAME "Stave"
#define ELF_NOTE_DOMAIN 1
