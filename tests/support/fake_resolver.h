// SPDX-License-Identifier: Apache-2.0
#pragma once
// A zone as plain lines: every name that is not in it does not exist.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/clock.h"
#include "io/resolver.h"

namespace tenax::testing {

/// Answers from what the test wrote into it; names are compared as A-labels are, without regard to
/// case or a final dot. Concurrency: one thread.
class FakeResolver final : public io::Resolver {
 public:
  explicit FakeResolver(io::Clock& clock) : clock_{clock} {}

  /// The name has these MX records; an exchange "" is a null MX (RFC 7505).
  void mx(std::string_view name, std::vector<io::MxRecord> records);
  /// The name has this address, in addition to those it has.
  void address(std::string_view name, std::string_view ip);
  template <class... Ip>
  void address(std::string_view name, std::string_view first, Ip... more) {
    address(name, first);
    (address(name, std::string_view{more}), ...);
  }
  /// The name exists and has nothing.
  void nodata(std::string_view name);
  /// The name does not exist (any more).
  void nxdomain(std::string_view name);

  enum class Question { mx, addresses, both };
  void servfail(std::string_view name, Question question = Question::both);
  /// No answer until the deadline.
  void silent(std::string_view name, Question question = Question::both);
  void bogus(std::string_view name, Question question = Question::both);
  /// Ends servfail, silent and bogus.
  void heal(std::string_view name);
  /// Everything known of the name is validated.
  void authentic(std::string_view name);

  /// What is said of every answer.
  void set_ttl(std::chrono::seconds ttl) { ttl_ = ttl; }
  /// How long every answer takes.
  void set_latency(io::Span latency) { latency_ = latency; }

  /// "mx example.net", "addresses mx1.example.net", in the order asked.
  [[nodiscard]] const std::vector<std::string>& queries() const { return queries_; }

  io::Async<io::Result<io::Answer<io::MxRecord>>> mx(std::string name,
                                                     io::Instant deadline) override;
  io::Async<io::Result<io::Answer<io::IpAddress>>> addresses(std::string name,
                                                             io::Instant deadline) override;

 private:
  enum class Trouble { none, servfail, silent, bogus };
  struct Entry {
    std::vector<io::MxRecord> mx;
    std::vector<io::IpAddress> addresses;
    bool authentic = false;
    Trouble mx_trouble = Trouble::none;
    Trouble address_trouble = Trouble::none;
    bool exists = false;  // an entry with nothing but trouble does not exist
  };

  Entry& entry(std::string_view name);
  void trouble(std::string_view name, Question question, Trouble trouble);
  io::Async<io::Result<Entry>> look_up(Question question, std::string name, io::Instant deadline);

  io::Clock& clock_;
  std::map<std::string, Entry> zone_;
  std::vector<std::string> queries_;
  std::chrono::seconds ttl_{300};
  io::Span latency_{0};
};

}  // namespace tenax::testing
