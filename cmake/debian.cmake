# Run by cpack before it packs what was installed: what a Debian package has
# beyond that, and nobody else's folders.
cmake_policy(VERSION 3.25)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH top)
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX})
set(doc ${root}/share/doc/git-bbkey)

# cpack would go on without the libraries' names in Depends
find_program(shlibdeps dpkg-shlibdeps)
if(NOT shlibdeps)
	message(FATAL_ERROR "dpkg-shlibdeps is missing: install dpkg-dev")
endif()

# The time of all files in the package, as dpkg-buildpackage has it
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
	execute_process(COMMAND dpkg-parsechangelog --show-field Timestamp
			--file ${top}/packaging/debian/changelog
		OUTPUT_VARIABLE time OUTPUT_STRIP_TRAILING_WHITESPACE
		COMMAND_ERROR_IS_FATAL ANY)
	set(ENV{SOURCE_DATE_EPOCH} ${time})
endif()

# compress(<file>...): as policy 12.1 and 12.7 want it
function(compress)
	execute_process(COMMAND gzip -9n -- ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# copyright(<file>): LICENSE, in the form that machines read
function(copyright file)
	file(READ ${top}/LICENSE text)
	string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)" line "${text}")
	set(holder ${CMAKE_MATCH_1})
	string(REGEX REPLACE "^.*${holder}\n+" "" text "${text}")
	string(STRIP "${text}" text)
	string(REPLACE "\n\n" "\n.\n" text "${text}")
	string(REPLACE "\n" "\n " text " ${text}")
	file(WRITE ${file}
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: git-bbkey

Files: *
Copyright: ${holder}
License: Expat
${text}
")
endfunction()

file(GLOB programs ${root}/bin/*)
execute_process(COMMAND ${CPACK_STRIP} --remove-section=.comment
		--remove-section=.note -- ${programs}
	COMMAND_ERROR_IS_FATAL ANY)

file(GLOB pages ${root}/share/man/man*/*.[1-9])
compress(${pages})

file(COPY ${top}/README.md ${top}/docs/scopes.md DESTINATION ${doc})
file(COPY_FILE ${top}/packaging/debian/changelog ${doc}/changelog)
compress(${doc}/README.md ${doc}/scopes.md ${doc}/changelog)
copyright(${doc}/copyright)

# Whatever the umask is
file(GLOB_RECURSE files ${doc}/* ${root}/share/man/*)
file(CHMOD ${files} FILE_PERMISSIONS
	OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(CHMOD_RECURSE ${CPACK_TEMPORARY_INSTALL_DIRECTORY} DIRECTORY_PERMISSIONS
	OWNER_READ OWNER_WRITE OWNER_EXECUTE
	GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
