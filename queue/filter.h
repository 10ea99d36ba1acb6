// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Selection as an SQL condition over recipient r and message m.

#include <string>
#include <vector>

#include "queue/selection.h"
#include "queue/sqlite.h"

namespace tenax::queue {

/// Built from our own words only; what the operator wrote is bound. Concurrency: value.
class Filter {
 public:
  explicit Filter(const Selection& selection);

  /// To follow "... FROM ": recipient r and message m.
  [[nodiscard]] const std::string& tables() const { return tables_; }
  /// To follow them and " WHERE ".
  [[nodiscard]] const std::string& condition() const { return condition_; }
  /// Parameters :s0, :s1, ... of the condition.
  void bind(Statement& statement) const;

 private:
  void require(const std::string& condition);
  std::string place(std::string text);
  std::string place(std::int64_t number);
  void address(std::string column, const std::string& wanted);
  std::string tables_ = "recipient r JOIN message m ON m.id = r.message_id";
  std::string condition_;
  struct Value {
    std::string name;
    std::string text;
    std::int64_t number = 0;
    bool is_text = false;
  };
  std::vector<Value> values_;
};

}  // namespace tenax::queue
