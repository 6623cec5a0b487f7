// SPDX-License-Identifier: Apache-2.0
//
// Apart from perdita_native_xtensa_shipped: who names this one links the generator.
#include "runtime/native.h"

constinit const perdita_native perdita_native_xtensa = {"xtensa", &perdita::jit::xtensa, perdita::runtime::run_native,
                                                        perdita::runtime::prepare_native,
                                                        perdita::runtime::native_routines};
