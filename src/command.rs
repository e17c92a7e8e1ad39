//! What kind of command a shell call runs, read from the first words of its decisive part.
//!
//! Knows how shells chain and wrap commands (`cd x && ...`, `VAR=1 ...`, `bash -lc '...'`, `sudo`, `timeout 60 ...`) and a
//! short list of programs. Only ever breaks a tie between rules. May not know agents, rules or output, nor read more of
//! a command than its bounded head.

use crate::event::Command;
use crate::text::{Text, string_end};

/// Bytes of a command's beginning that are read; of a longer command only a wrapper at the front is told.
const COMMAND_HEAD_BYTES: usize = 1024;
/// Words of one simple command that are looked at.
const WORDS_MAX: usize = 6;
/// Shells inside shells that are followed.
const NESTING_MAX: usize = 3;

/// What kind of command this is: a shell command line, or a list of words as JSON writes it (`["bash", "-lc", "..."]`).
pub fn kind(text: &Text<'_>) -> Command {
    if !text.is_escaped()
        && let Some(kind) = kind_of_list(text.raw())
    {
        return kind;
    }
    kind_of_line(text)
}

/// The kind of the command that a list of words runs; `None` where it is no such list.
fn kind_of_list(list: &[u8]) -> Option<Command> {
    let mut rest = list.strip_prefix(b"[")?.trim_ascii_start();
    let mut simple = Simple::default();
    while simple.count < WORDS_MAX {
        let word = rest.strip_prefix(b"\"")?;
        let word_end = string_end(word, 0);
        let text = word.get(..word_end)?;
        if let [shell, .., flag] = simple.words()
            && runs_script(program_name(shell), flag)
        {
            return Some(kind_of_line(&Text::json(text)));
        }
        simple.push(text);
        rest = word.get(word_end + 1..).unwrap_or_default().trim_ascii_start();
        match rest {
            [b',', after @ ..] => rest = after.trim_ascii_start(),
            // A list, or what is left of one that was cut off.
            [] | [b']', ..] => break,
            _ => return None,
        }
    }
    Some(simple_kind(&simple, false, NESTING_MAX).unwrap_or_default())
}

/// The word after this flag is a command line.
fn runs_script(shell: &[u8], flag: &[u8]) -> bool {
    match shell {
        b"cmd" => flag.eq_ignore_ascii_case(b"/c"),
        b"powershell" | b"pwsh" => flag.eq_ignore_ascii_case(b"-command") || flag.eq_ignore_ascii_case(b"-c"),
        _ => is_shell(shell) && flag.first() == Some(&b'-') && flag.last() == Some(&b'c'),
    }
}

fn is_shell(name: &[u8]) -> bool {
    matches!(name, b"bash" | b"sh" | b"zsh" | b"dash" | b"ash" | b"fish" | b"busybox")
}

/// What kind of command this shell command line is.
fn kind_of_line(text: &Text<'_>) -> Command {
    let raw = text.raw();
    let whole = raw.len() <= COMMAND_HEAD_BYTES;
    let head = raw.get(..COMMAND_HEAD_BYTES).unwrap_or(raw);
    if !text.is_escaped() || memchr::memchr(b'\\', head).is_none() {
        return kind_of(head, whole, NESTING_MAX);
    }
    let short: [u8; COMMAND_HEAD_BYTES] = text.first_bytes();
    let end = short.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    kind_of(short.get(..end).unwrap_or_default(), whole, NESTING_MAX)
}

/// One simple command of a line: its first words.
#[derive(Clone, Copy, Default)]
struct Simple<'a> {
    words: [&'a [u8]; WORDS_MAX],
    count: usize,
}

impl<'a> Simple<'a> {
    fn push(&mut self, word: &'a [u8]) {
        if let Some(slot) = self.words.get_mut(self.count) {
            *slot = word;
            self.count += 1;
        }
    }

    fn words(&self) -> &[&'a [u8]] {
        self.words.get(..self.count).unwrap_or_default()
    }
}

/// The kind of the decisive command: the last that can fail, for the line's exit code is its own.
fn kind_of(line: &[u8], whole: bool, nesting: usize) -> Command {
    let mut decisive = Command::Other;
    let mut simple = Simple::default();
    let mut piped = false;
    let mut rest = line;
    loop {
        let (piece, after) = next_piece(rest);
        rest = after;
        match piece {
            Piece::Word(word) => simple.push(word),
            Piece::Separator(separator) => {
                if let Some(kind) = simple_kind(&simple, piped, nesting) {
                    decisive = kind;
                }
                simple = Simple::default();
                piped = separator == b'|';
            }
            // What a here-document holds is not the shell's.
            Piece::HereDocument | Piece::End => {
                if let Some(kind) = simple_kind(&simple, piped, nesting) {
                    decisive = kind;
                }
                let cut = !whole && matches!(piece, Piece::End);
                return if cut && decisive != Command::Timeout { Command::Other } else { decisive };
            }
        }
    }
}

enum Piece<'a> {
    Word(&'a [u8]),
    Separator(u8),
    HereDocument,
    End,
}

/// The next word or separator: quotes and `$(...)` belong to the word around them.
fn next_piece(line: &[u8]) -> (Piece<'_>, &[u8]) {
    let blank = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let line = line.get(blank..).unwrap_or_default();
    let from = |at: usize| line.get(at..).unwrap_or_default();
    match line {
        [] => return (Piece::End, line),
        [b'<', b'<', ..] => return (Piece::HereDocument, line),
        [b'&', b'&', ..] => return (Piece::Separator(b'&'), from(2)),
        [b'|', b'|', ..] => return (Piece::Separator(b'o'), from(2)),
        [b'&', b'>', ..] => {}
        [b'|', ..] => return (Piece::Separator(b'|'), from(1)),
        [b';' | b'\n' | b'&' | b'(' | b')', ..] => return (Piece::Separator(b';'), from(1)),
        _ => {}
    }
    let mut at = 0;
    let mut depth = 0_usize;
    while let Some(byte) = line.get(at) {
        match byte {
            b'\'' | b'"' | b'`' => {
                let quote = *byte;
                let length = from(at + 1).iter().position(|byte| *byte == quote);
                at += length.map_or(line.len(), |length| length + 2);
                continue;
            }
            b'\\' => at += 1,
            b'(' if depth > 0 || (at > 0 && line.get(at - 1) == Some(&b'$')) => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'(' | b')' if depth == 0 => break,
            b'&' if depth == 0 && (at == 0 || line.get(at - 1) != Some(&b'>')) && line.get(at + 1) != Some(&b'>') => {
                break;
            }
            b'<' if depth == 0 && line.get(at + 1) == Some(&b'<') => break,
            _ => {}
        }
        at += 1;
    }
    let at = at.clamp(1, line.len().max(1));
    (Piece::Word(line.get(..at).unwrap_or(line)), from(at))
}

/// The kind of one simple command; `None` for one that does not decide the line's exit code.
fn simple_kind(simple: &Simple<'_>, piped: bool, nesting: usize) -> Option<Command> {
    let mut words = simple.words();
    loop {
        let (first, rest) = words.split_first()?;
        let name = program_name(first);
        let skipped = match name {
            b"if" | b"then" | b"do" | b"else" | b"elif" | b"while" | b"until" | b"!" | b"{" => 1,
            b"sudo" | b"env" | b"time" | b"nice" | b"nohup" | b"exec" | b"npx" | b"bunx" | b"stdbuf" | b"xargs"
            | b"builtin" | b"doas" => 1 + options(rest),
            b"poetry" | b"uv" | b"pipenv" | b"hatch" | b"pdm" | b"rye" if rest.first() == Some(&&b"run"[..]) => 2,
            b"pnpm" | b"yarn" | b"npm" | b"bundle" if rest.first() == Some(&&b"exec"[..]) => 2,
            b"timeout" | b"gtimeout" => return Some(Command::Timeout),
            name if is_shell(name) => return Some(inner_kind(rest, nesting)),
            _ if is_assignment(first) || is_redirection(first) => 1,
            _ => {
                if is_neutral(name) || (piped && is_neutral_in_pipe(name)) {
                    return None;
                }
                let word = |at: usize| rest.get(at).copied().unwrap_or_default();
                return Some(program_kind(name, word(0), word(1)));
            }
        };
        words = words.get(skipped..)?;
    }
}

/// How many of the words are options.
fn options(words: &[&[u8]]) -> usize {
    words.iter().take_while(|word| word.first() == Some(&b'-')).count()
}

/// The kind of the command that `bash -c '...'` and its kin run.
fn inner_kind(words: &[&[u8]], nesting: usize) -> Command {
    let runs = words.iter().position(|word| word.first() == Some(&b'-') && word.last() == Some(&b'c'));
    let script = runs.and_then(|at| words.get(at + 1)).copied().unwrap_or_default();
    match script {
        [b'\'' | b'"', inner @ .., b'\'' | b'"'] if nesting > 0 => kind_of(inner, true, nesting - 1),
        _ => Command::Other,
    }
}

fn is_assignment(word: &[u8]) -> bool {
    let name = word.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    name > 0 && word.get(name) == Some(&b'=') && !word.first().is_some_and(u8::is_ascii_digit)
}

fn is_redirection(word: &[u8]) -> bool {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    matches!(word.get(digits), Some(b'>' | b'<')) || word.starts_with(b"&>")
}

/// The program's name without quotes, folders and `.exe`.
fn program_name(word: &[u8]) -> &[u8] {
    let word = match word {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        word => word,
    };
    let name = word.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(word);
    name.strip_suffix(b".exe").or(name.strip_suffix(b".cmd")).unwrap_or(name)
}

/// Commands that set the scene or report, and do not decide.
fn is_neutral(name: &[u8]) -> bool {
    const NEUTRAL: &[&str] = &[
        "cd",
        "pushd",
        "popd",
        "export",
        "set",
        "source",
        ".",
        "echo",
        "printf",
        "true",
        ":",
        "for",
        "done",
        "fi",
        "esac",
        "case",
        "}",
        "sleep",
        "unset",
        "local",
        "shopt",
        "alias",
        "umask",
        "wait",
        "Set-Location",
        "Write-Host",
        "exit",
    ];
    NEUTRAL.iter().any(|word| word.as_bytes() == name)
}

/// Filters at the end of a pipe: where the line fails, an earlier part of the pipe did.
fn is_neutral_in_pipe(name: &[u8]) -> bool {
    const NEUTRAL: &[&str] = &["head", "tail", "cat", "tee", "sort", "uniq", "wc", "cut", "tr", "less", "column", "nl"];
    NEUTRAL.iter().any(|word| word.as_bytes() == name)
}

fn program_kind(name: &[u8], first: &[u8], second: &[u8]) -> Command {
    let first = std::str::from_utf8(first).unwrap_or_default();
    let second = std::str::from_utf8(second).unwrap_or_default();
    match std::str::from_utf8(name).unwrap_or_default() {
        "grep" | "egrep" | "fgrep" | "zgrep" | "rg" | "ag" | "ack" | "ugrep" | "findstr" | "Select-String" | "sls"
        | "diff" | "cmp" | "test" | "[" | "[[" | "pgrep" | "diffoscope" | "colordiff" => Command::Question,
        "which" | "whereis" | "type" | "hash" | "where" | "Get-Command" | "gcm" => Command::Presence,
        "command" if first == "-v" || first == "-V" => Command::Presence,
        "npm" | "pnpm" | "yarn" | "brew" if matches!(first, "list" | "ls" | "why") => Command::Presence,
        "pip" | "pip3" if first == "show" => Command::Presence,
        "dpkg" if matches!(first, "-s" | "-l" | "-L") => Command::Presence,
        "rpm" if first.starts_with("-q") => Command::Presence,
        "curl" => Command::Curl,
        "wget" => Command::Wget,
        "ssh" | "scp" | "sftp" | "rsync" | "mosh" => Command::Ssh,
        "git" => git_kind(first, second),
        "pytest" | "py.test" | "tox" | "nox" | "jest" | "vitest" | "mocha" | "ava" | "make" | "gmake" | "cmake"
        | "ninja" | "gradle" | "gradlew" | "mvn" | "mvnw" | "tsc" | "eslint" | "biome" | "ruff" | "mypy"
        | "pyright" | "flake8" | "xcodebuild" | "rspec" | "phpunit" | "rake" | "ctest" | "bazel" | "gcc" | "g++"
        | "cc" | "clang" | "clang++" | "rustc" | "javac" | "playwright" | "cypress" | "turbo" | "nx" | "bats"
        | "just" | "golangci-lint" => Command::TestOrBuild,
        "cargo" if matches!(first, "test" | "t" | "nextest" | "build" | "b" | "check" | "clippy" | "bench" | "fmt") => {
            Command::TestOrBuild
        }
        "go" if matches!(first, "test" | "build" | "vet") => Command::TestOrBuild,
        "dotnet" | "swift" | "mix" | "zig" | "sbt" | "deno" | "flutter" | "dart"
            if matches!(first, "test" | "build" | "compile" | "check" | "lint" | "analyze") =>
        {
            Command::TestOrBuild
        }
        "npm" | "pnpm" | "yarn" | "bun" => {
            let script = if matches!(first, "run" | "run-script") { second } else { first };
            let checks = ["test", "build", "lint", "check", "typecheck", "type-check", "format"];
            if script == "t" || checks.iter().any(|word| script.starts_with(word)) {
                Command::TestOrBuild
            } else {
                Command::Other
            }
        }
        "python" | "python3" | "py"
            if first == "-m"
                && matches!(second, "pytest" | "unittest" | "mypy" | "tox" | "nox" | "ruff" | "flake8") =>
        {
            Command::TestOrBuild
        }
        _ => Command::Other,
    }
}

fn git_kind(first: &str, second: &str) -> Command {
    match first {
        "grep" | "show-ref" | "check-ignore" => Command::Question,
        "diff" if matches!(second, "--quiet" | "--exit-code" | "--check" | "--no-index") => Command::Question,
        "merge-base" if second == "--is-ancestor" => Command::Question,
        _ => Command::Git,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &str) -> Command {
        kind(&Text::plain(command.as_bytes()))
    }

    #[test]
    fn the_last_command_that_can_fail_decides() {
        assert_eq!(of("cd src && grep -n word file"), Command::Question);
        assert_eq!(of("ls; grep word file | head -5"), Command::Question);
        assert_eq!(of("grep -q word file && echo yes"), Command::Question);
        assert_eq!(of("grep word file && python run.py"), Command::Other);
        assert_eq!(of("curl -s https://example.com | grep word"), Command::Question);
        assert_eq!(of("pytest -q 2>&1 | tail -20"), Command::TestOrBuild);
    }

    #[test]
    fn wrappers_and_assignments_are_looked_through() {
        assert_eq!(of("CI=1 sudo -E npx jest"), Command::TestOrBuild);
        assert_eq!(of("bash -lc 'cd x && which node'"), Command::Presence);
        assert_eq!(of("timeout 60 cargo test"), Command::Timeout);
        assert_eq!(of("command -v node"), Command::Presence);
        assert_eq!(of("\"C:\\Program Files\\Git\\usr\\bin\\grep.exe\" word file"), Command::Question);
        assert_eq!(of("curl -sS \"https://example.com/a;b|c\""), Command::Curl);
        assert_eq!(of("2>/dev/null git diff --quiet"), Command::Question);
        assert_eq!(of("npm run test:unit"), Command::TestOrBuild);
    }

    #[test]
    fn what_stands_in_a_here_document_or_in_quotes_is_no_command() {
        assert_eq!(of("python - <<'EOF'\ngrep word file\nEOF"), Command::Other);
        assert_eq!(of("node -e 'x; grep y z'"), Command::Other);
        assert_eq!(of("echo $(grep word file) && git push"), Command::Git);
    }

    #[test]
    fn a_command_longer_than_its_head_is_not_guessed_at() {
        let long = format!("{} && grep word", "x".repeat(COMMAND_HEAD_BYTES));
        assert_eq!(of(&long), Command::Other);
        assert_eq!(of(""), Command::Other);
    }

    #[test]
    fn a_list_of_words_is_a_command_too() {
        assert_eq!(of(r#"["bash","-lc","cd x && grep -n \"word\" file"]"#), Command::Question);
        assert_eq!(of(r#"[ "/bin/sh" , "-c" , "git status" ]"#), Command::Git);
        assert_eq!(of(r#"["git","diff","--quiet"]"#), Command::Question);
        assert_eq!(of(r#"["cargo","test","-q"]"#), Command::TestOrBuild);
        assert_eq!(of(r#"["timeout","60","bash","-lc","x"]"#), Command::Timeout);
        assert_eq!(of(r#"["bash","-lc","cd y\ngrep word f"#), Command::Question);
        assert_eq!(of(r#"["powershell.exe","-Command","Select-String word f"]"#), Command::Question);
        assert_eq!(of(r#"["x","a\\","grep"]"#), Command::Other);
        assert_eq!(of("[]"), Command::Other);
        // The shell's own bracket is no list.
        assert_eq!(of(r#"[ "$a" = b ]"#), Command::Question);
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(kind(&Text::json(br#"cd \"a b\" && grep -n \"word\" file"#)), Command::Question);
    }
}
