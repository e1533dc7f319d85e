# The parts taken from Debian, and which folder uses which. A folder that is not named here uses the standard library alone.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(RocksDB REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

set(SEALPOST_PARTS_base fmt::fmt)
set(SEALPOST_PARTS_crypto OpenSSL::Crypto)
set(SEALPOST_PARTS_observe fmt::fmt)
set(SEALPOST_PARTS_net Boost::headers OpenSSL::SSL)
set(SEALPOST_PARTS_identity PkgConfig::SQLITE PkgConfig::SODIUM)
set(SEALPOST_PARTS_spool RocksDB::rocksdb-shared PkgConfig::XXHASH)
set(SEALPOST_PARTS_config "")   # toml++ is header-only
set(SEALPOST_PARTS_daemon Boost::json)
set(SEALPOST_PARTS_cli Boost::json)   # CLI11 is header-only

# Folders whose sources include Asio share one precompiled header.
set(SEALPOST_PCH_FOLDERS net identity delivery queue submission daemon cli)
