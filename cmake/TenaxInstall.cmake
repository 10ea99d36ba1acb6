# SPDX-License-Identifier: Apache-2.0
# Where things go: cmake --install build/release --prefix /usr/local
include(GNUInstallDirs)

install(TARGETS tenax tenax-mxsim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS tenaxd tenax-sendmail RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})

# Filled in at install time, which may be given another prefix than we were.
install(CODE "
  cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_PREFIX NORMALIZE OUTPUT_VARIABLE prefix)
  cmake_path(APPEND prefix \"${CMAKE_INSTALL_SBINDIR}\" OUTPUT_VARIABLE TENAX_SBINDIR)
  configure_file(\"${CMAKE_SOURCE_DIR}/cmake/install/tenaxd.service.in\" \"${CMAKE_BINARY_DIR}/tenaxd.service\" @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/tenaxd.service DESTINATION lib/systemd/system)
install(FILES cmake/install/tenax.sysusers DESTINATION lib/sysusers.d RENAME tenax.conf)
file(GLOB documents CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
install(FILES cmake/install/tenax.toml bounce/cause.rules CHANGELOG.md ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(GLOB words CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bounce/words/*.words)
install(FILES ${words} DESTINATION ${CMAKE_INSTALL_DOCDIR}/words)

# Man pages are written in scdoc and made when the tool is there.
find_program(SCDOC scdoc)
file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.scd)
if(SCDOC)
  foreach(page IN LISTS pages)
    get_filename_component(name ${page} NAME)
    string(REGEX REPLACE "\\.scd$" "" name ${name})
    string(REGEX MATCH "[0-9]$" section ${name})
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/man/${name}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
      COMMAND sh -c "\"${SCDOC}\" <\"${page}\" >\"${CMAKE_BINARY_DIR}/man/${name}\"" DEPENDS ${page} VERBATIM)
    list(APPEND manuals ${CMAKE_BINARY_DIR}/man/${name})
    install(FILES ${CMAKE_BINARY_DIR}/man/${name} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  add_custom_target(manuals ALL DEPENDS ${manuals})
endif()
