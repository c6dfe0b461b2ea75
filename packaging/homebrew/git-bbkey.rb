# A formula for a tap (Formula/git-bbkey.rb of a homebrew-* repository).  It has
# not been run, only parsed: there was no macOS and no Homebrew to run it on.
# homepage, url and sha256 stand for those of a release, which there is none of
# yet; they are all that has to be filled in.
class GitBbkey < Formula
  desc "SSH access to Bitbucket that sets itself up"
  homepage "https://git-bbkey.invalid/"
  url "https://git-bbkey.invalid/git-bbkey-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "cmake" => :build
  depends_on "pkgconf" => :build
  depends_on "curl"
  depends_on "git"
  depends_on "jansson"
  depends_on "libgit2"
  depends_on "libssh2"

  # macOS has an OpenSSH that is new enough, and that knows its keychain.
  on_linux do
    depends_on "openssh"
  end

  def install
    system "cmake", "-S", ".", "-B", "build", "-DBBK_HARDEN=ON", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    ENV["HOME"] = testpath
    ENV.prepend_path "PATH", bin
    assert_match "git-bbkey #{version}", shell_output("git bbkey version")
    assert_match "init", shell_output("git bbkey help")
    assert_match "OpenSSH", shell_output("#{bin}/git-bbkey-ssh -V 2>&1")

    # the hooks are found beside the programs
    system "git", "bbkey", "hooks", "enable"
    assert_path_exists testpath/".config/git-bbkey/template/hooks/pre-push"
    system "git", "bbkey", "hooks", "disable"

    assert_path_exists man1/"git-bbkey.1"
  end
end
