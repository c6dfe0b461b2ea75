# A Debian package: cmake --workflow --preset deb
set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian.cmake)
set(CPACK_STRIP ${CMAKE_STRIP}) # for that script

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER
	"git-bbkey maintainers <maintainers@git-bbkey.invalid>")
set(CPACK_DEBIAN_PACKAGE_SECTION vcs)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A plain \"git clone\" from Bitbucket, Data Center or Cloud, on a machine that
has no access to the project yet: git-bbkey makes a key, registers it as an
access key of that project, checks the server's host key against the
fingerprint that the server publishes over HTTPS, and lets the clone go
through over ssh.
.
It is a command of git (git bbkey), the ssh that git runs for an instance that
was enrolled, and a credential helper.  Nothing in anybody's git configuration
changes before \"git bbkey init\".")

# What the programs are linked with is found out; what they start is said.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "git (>= 1:2.36), openssh-client (>= 1:8.5)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS
	"git-lfs, wl-clipboard | xclip | xsel, xdg-utils")

include(CPack)
