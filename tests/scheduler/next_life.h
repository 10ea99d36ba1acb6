// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a new daemon knows: written down as a lesson and read back.

#include <gtest/gtest.h>

#include <string>

#include "mail/time.h"

#include "scheduler/lesson_form.h"

namespace tenax::scheduler {

template <class Learnt>
Learnt next_life(Learnt learnt, mail::WallTime now) {
  LessonForm written;
  learnt.describe(written);
  const std::string text = written.written();
  Learnt next;
  LessonForm read{text, now};
  next.describe(read);
  EXPECT_TRUE(read.complete()) << text;
  return next;
}

}  // namespace tenax::scheduler
