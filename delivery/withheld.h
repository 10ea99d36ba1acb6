// SPDX-License-Identifier: Apache-2.0
#pragma once
// What we said to log in, taken out of what the server says about it. Replies go into the log, into
// the queue and to senders, and there are servers that repeat the command they refuse.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/reply.h"

namespace tenax::delivery {

/// Concurrency: value.
class Withheld {
 public:
  /// The user's name by itself is no secret: servers tell it, and whoever mends it needs it.
  Withheld(const std::string& user, const std::string& password);

  /// An answer of the login in base64, as it goes over the wire.
  void add_answer(const std::string& base64);

  /// The reply with "[...]" for whatever of that is in it. Of base64 a part is enough, since
  /// servers cut what they repeat, or wrap it over several lines.
  [[nodiscard]] mail::Reply without_it(const mail::Reply& reply) const;

 private:
  void add_plain(std::string_view text);

  std::string user_;
  std::vector<std::string> whole_;  // hidden where they stand whole
  std::set<std::string> pieces_;    // of base64, each as long as any other
};

}  // namespace tenax::delivery
