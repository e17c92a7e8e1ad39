//! Failures with one clear cause each: what was called, what came back, and the source that the classifier must give.
//!
//! Shell failures are the same whichever agent ran the command; each agent wraps them in its own words. Texts are
//! escaped once, when the generator starts.

use super::words::escape;

/// The sources, in the order of the summary's `failures`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Source {
    Model,
    ToolSchema,
    CommandExit,
    Network,
    SandboxApproval,
    MissingDependency,
    Timeout,
    BackgroundJob,
    Unknown,
}

/// How many sources [`Source`] has.
pub const SOURCES: usize = Source::Unknown as usize + 1;

/// A command that failed, and the last thing that it printed.
pub struct Shell {
    pub source: Source,
    /// Needs no escape, also not inside a JSON string that is inside a JSON string.
    pub command: &'static str,
    pub exit_code: &'static str,
    /// Escaped for a JSON string.
    pub text: Vec<u8>,
    /// Escaped for a JSON string inside a JSON string.
    pub text_twice: Vec<u8>,
}

use Source::{CommandExit, MissingDependency, Network, SandboxApproval};

/// Each as often as its share in real logs: failing tests and builds first.
const SHELL: &[(Source, &str, &str, &str, usize)] = &[
    (
        CommandExit,
        "cargo test -q",
        "101",
        "failures:\n    cart::total_is_rounded\n\ntest result: FAILED. 41 passed; 1 failed; 0 ignored; 0 measured; 0 filtered \
         out; finished in 0.42s\n\nerror: test failed, to rerun pass `--lib`",
        8,
    ),
    (
        CommandExit,
        "pytest -q",
        "1",
        "E       assert 3 == 4\n\ntests/test_cart.py:12: AssertionError\nFAILED tests/test_cart.py::test_total - assert 3 \
         == 4\n1 failed, 87 passed in 3.12s",
        8,
    ),
    (
        CommandExit,
        "npx tsc --noEmit",
        "2",
        "src/cart.ts(12,7): error TS2322: Type 'string' is not assignable to type 'number'.",
        6,
    ),
    (
        CommandExit,
        "cargo build",
        "101",
        "error[E0308]: mismatched types\n  --> src/cart.rs:12:9\n   |\n12 |         total\n   |         ^^^^^ expected \
         `u64`, found `&str`\n\nerror: could not compile `shop` (lib) due to 1 previous error",
        6,
    ),
    (CommandExit, "make check", "2", "make: *** [Makefile:12: check] Error 1", 4),
    (
        CommandExit,
        "git push origin main",
        "1",
        "To git.example.com:team/shop.git\n ! [rejected]        main -> main (non-fast-forward)\nerror: failed to push \
         some refs to 'git.example.com:team/shop.git'",
        2,
    ),
    (
        CommandExit,
        "npx eslint src",
        "1",
        "/home/dev/shop/src/cart.ts\n  12:7  error  'total' is never reassigned  prefer-const\n\n\u{2716} 1 problem (1 error, 0 warnings)",
        3,
    ),
    (Network, "curl -sS https://api.example.com/v1/items", "6", "curl: (6) Could not resolve host: api.example.com", 4),
    (
        Network,
        "curl -fsSL https://get.example.org/install.sh -o install.sh",
        "7",
        "curl: (7) Failed to connect to get.example.org port 443 after 3 ms: Couldn't connect to server",
        2,
    ),
    (
        Network,
        "git fetch origin main",
        "128",
        "fatal: unable to access 'https://git.example.com/team/shop.git/': Could not resolve host: git.example.com",
        3,
    ),
    (
        Network,
        "npm ci",
        "1",
        "npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND\nnpm error network request to \
         https://registry.example.com/left-pad failed, reason: getaddrinfo ENOTFOUND registry.example.com",
        2,
    ),
    (MissingDependency, "pnpm test", "127", "/bin/bash: line 1: pnpm: command not found", 5),
    (MissingDependency, "terraform plan", "127", "/bin/bash: line 1: terraform: command not found", 3),
    (
        MissingDependency,
        "python3 tools/report.py",
        "1",
        "Traceback (most recent call last):\n  File \"/home/dev/shop/tools/report.py\", line 3, in <module>\n    import \
         yaml\nModuleNotFoundError: No module named 'yaml'",
        4,
    ),
    (
        MissingDependency,
        "node scripts/build.mjs",
        "1",
        "node:internal/modules/cjs/loader:1228\n  throw err;\n  ^\n\nError: Cannot find module 'esbuild'\nRequire \
         stack:\n- /home/dev/shop/scripts/build.mjs",
        2,
    ),
    (MissingDependency, "cat docs/notes.txt", "1", "cat: docs/notes.txt: No such file or directory", 4),
    (SandboxApproval, "touch /etc/shop.conf", "1", "touch: cannot touch '/etc/shop.conf': Read-only file system", 2),
    (SandboxApproval, "mkdir /opt/shop", "1", "mkdir: cannot create directory '/opt/shop': Permission denied", 2),
];

/// The shell failures, escaped, each as often as its weight says.
pub fn shell() -> Vec<std::rc::Rc<Shell>> {
    let mut all = Vec::new();
    for &(source, command, exit_code, text, weight) in SHELL {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        escape(text.as_bytes(), &mut once);
        escape(&once, &mut twice);
        let one = std::rc::Rc::new(Shell { source, command, exit_code, text: once, text_twice: twice });
        all.extend(std::iter::repeat_n(one, weight));
    }
    all
}

/// What the commands of successful calls are; none needs an escape.
pub const COMMANDS: &[&str] = &[
    "cargo test -q",
    "cargo build",
    "pytest -q tests/test_cart.py",
    "npm test",
    "git status --short",
    "git diff --stat",
    "git log --oneline -20",
    "ls -la src",
    "rg -n total src",
    "sed -n 1,200p src/cart.rs",
    "cat package.json",
    "find . -name cart_total.rs",
    "npx tsc --noEmit",
    "go test ./...",
    "make check",
    "wc -l src/cart.rs",
    "cd /home/dev/shop && cargo clippy --all-targets 2>&1 | tail -40",
    "python3 tools/report.py --since 2026-01-01",
];
