// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the lines of a submitted text end, whatever it was written with. The one place that sees a
// stray CR, LF or NUL: behind it there are none, so nothing can be smuggled past a receiver that
// counts line ends otherwise than we do (RFC 5321 2.3.8).

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenax::queue {

/// How a line ended: as lines do, or at a CR that stood alone in its middle.
enum class LineEnd { proper, stray_cr };

/// Takes lines in pieces. `text` never holds CR, LF or NUL.
class LineSink {
 public:
  virtual ~LineSink() = default;
  /// Stands at the start of a line, and would take what is as it shall be in whole lines.
  [[nodiscard]] virtual bool takes_lines() const = 0;
  /// Each with its CRLF, and with no CR, LF or NUL but that.
  virtual void lines(std::string_view whole) = 0;
  virtual void text(std::string_view piece) = 0;
  virtual void line_end(LineEnd how) = 0;
  [[nodiscard]] virtual bool over() const = 0;  // wants no more
};

/// LF, CRLF and CR CR LF end a line; a CR before anything else is stray; NUL is dropped, as text in
/// UTF-16 and torn files have them between the letters. Constant memory. Concurrency: one user at
/// a time.
class StrayOctets {
 public:
  /// How many were read, dropped ones among them: all, but where the sink is over.
  std::size_t push(std::string_view bytes, LineSink& sink);
  /// The end of the text: CRs still waiting for an LF are one line end.
  void finish(LineSink& sink);

 private:
  std::size_t after_cr(std::string_view bytes, std::size_t at, LineSink& sink);
  std::int64_t waiting_cr_ = 0;
};

}  // namespace tenax::queue
