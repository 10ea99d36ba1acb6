// SPDX-License-Identifier: Apache-2.0
#pragma once
// The names of /etc/hosts (hosts(5)), read again when the file has changed.

#include <map>
#include <string>
#include <vector>

#include "io/resolver.h"
#include "io/watched_file.h"

namespace tenax::io {

/// Concurrency: value.
class HostsFile {
 public:
  /// "" for none; one that is not there has no names.
  explicit HostsFile(std::string path);

  /// Looks whether the file has changed.
  void look();

  /// The addresses of a name in A-label form; none when it is not there.
  [[nodiscard]] std::vector<IpAddress> addresses(const std::string& name) const;

 private:
  void read();

  WatchedFile file_;
  std::map<std::string, std::vector<IpAddress>> names_;
};

}  // namespace tenax::io
