// docs/configuration.md: the reference page, written from the parameter table, so that the two cannot differ.
#pragma once
#include <string>
#include <string_view>

namespace sealpost::config {

/// The smallest file that a server runs with, as the page shows it.
std::string_view minimal_example();

/// The whole page, Markdown.
std::string reference_page();

}  // namespace sealpost::config
