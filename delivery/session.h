// SPDX-License-Identifier: Apache-2.0
#pragma once
// One connection with one host, open for business: commands out, replies in, each within its time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mail/reply.h"
#include "mail/stage.h"
#include "mail/verdict.h"

#include "io/async.h"
#include "io/clock.h"
#include "io/stream.h"

#include "delivery/capabilities.h"
#include "delivery/reply_reader.h"

namespace tenax::delivery {

/// How long to wait: for each stage what the RFC grants, for all together until `end`. The verdict
/// on a message is waited for in full: cut short, it would cost a second copy.
struct Patience {
  io::Clock& clock;
  double scale = 1.0;
  io::Instant end;

  [[nodiscard]] io::Instant until(mail::Stage stage) const;
};

/// After any error the session is spent. Concurrency: one user at a time, on home().
class Session {
 public:
  Session(std::unique_ptr<io::Stream> stream, io::Executor home, Patience patience,
          mail::RemoteHost remote)
      : stream_{std::move(stream)},
        home_{std::move(home)},
        patience_{patience},
        remote_{std::move(remote)} {}

  /// A command without its CRLF, and the reply to it.
  io::Async<io::Result<mail::Reply>> exchange(mail::Stage stage, std::string command);

  io::Async<io::Result<>> send(mail::Stage stage, std::string_view bytes);
  io::Async<io::Result<mail::Reply>> receive(mail::Stage stage);

  /// What it says without being asked, if it is there or comes very soon. The session is spent.
  io::Async<io::Result<mail::Reply>> last_words();

  /// Nothing the server said in clear counts afterwards.
  io::Async<io::Result<>> start_tls(io::TlsRequirement requirement);

  /// QUIT, a short wait for the answer, and the end of the connection.
  io::Async<> take_leave();

  /// The next delivery's clockwork; the session was idle until now.
  void serve_until(io::Instant end) { patience_.end = end; }
  /// For contents of this size: a slow link may need longer than the delivery is given otherwise.
  void allow_for(std::int64_t octets);

  [[nodiscard]] io::Instant now() const { return patience_.clock.now(); }
  [[nodiscard]] const io::Executor& home() const { return home_; }
  [[nodiscard]] const mail::RemoteHost& remote() const { return remote_; }
  [[nodiscard]] bool has_unread() const { return reader_.has_unread(); }
  /// As has_unread(), but looks at the wire too; there it may also find the end of the session.
  [[nodiscard]] bool has_input() { return has_unread() || stream_->has_input(); }

  Capabilities capabilities;
  bool capabilities_unknown = false;  // HELO was said to a host that hangs up at EHLO
  int welcome = 0;                    // transactions that are served as fast as the first; 0: all
  int transactions = 0;      // begun; more than none: the server may have tired of us meanwhile
  bool needs_reset = false;  // the last transaction ended before its dot
  bool parting = false;      // to be left behind this transaction, in good manners
  bool spent = false;        // nothing more can be said over it

 private:
  std::unique_ptr<io::Stream> stream_;
  io::Executor home_;
  Patience patience_;
  mail::RemoteHost remote_;
  ReplyReader reader_;
};

}  // namespace tenax::delivery
