# whale-records.jq: how the whale scripts read records (a jq module, for jq 1.6 or later).
#
# Records are untrusted: only what has a record's exact shape gets in, and of it only numbers, times of one form and words
# that `whale-classify --vocabulary` lists. Free text (`why`, `verdict_text`) is never passed on: sentences are looked up
# or made here. A word that this filter does not know is read as "other".

# The vocabulary as one object, from the lines of `whale-classify --vocabulary` as raw inputs.
def vocabulary:
  reduce (inputs | fromjson? | objects) as $o ({words: {}, rules: {}};
    if $o.type == "word" and ($o.word | type) == "string" then .words[$o.word] = true
    elif $o.type == "rule" and ($o.rule | type) == "string" then
      .rules[$o.rule] = {source: $o.failure_source, layer: $o.layer, why: $o.why, counts: ($o.counts != false)}
    else . end);

# The nine causes and the tenth, in the order of the summary.
def sources: ["model", "tool_schema", "command_exit", "network", "sandbox_approval", "missing_dependency", "timeout",
  "background_job", "unknown", "unclosed_turn"];
def layers: ["environment", "tool", "model", "user", "session", "unknown"];
def usual_layer: {model: "model", tool_schema: "tool", command_exit: "tool", network: "environment",
  sandbox_approval: "environment", missing_dependency: "environment", timeout: "environment", background_job: "tool",
  unclosed_turn: "session"}[.] // "unknown";
# A source's name in a sentence.
def spoken: {sandbox_approval: "sandbox", unclosed_turn: "turn died"}[.] // (split("_") | join(" "));
def plural($n; $one; $many): "\($n) \(if $n == 1 then $one else $many end)";
def upper: (.[:1] | ascii_upcase) + .[1:];
# The first sentence of a rule, to go on with after a colon.
def clause: split(". ")[0] | rtrimstr(".")
  | if test("\\A(The|A|An|No|It|There|Something|What) ") then (.[:1] | ascii_downcase) + .[1:] else . end;

def is_count: type == "number" and . >= 0 and . <= 9007199254740991 and . == floor;
def is_count_or_null: . == null or is_count;
def is_text_or_null: . == null or type == "string";
def is_time: . == null or (type == "string"
  and test("\\A20[0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z\\z"));
def is_exit_code: . == null or (type == "number" and . >= -255 and . <= 4294967295 and . == floor);
def is_flag: type == "boolean";

# Words. What is not in the vocabulary is "other".
def word($v): if . == null then null elif $v.words[.] then . else "other" end;
def source_word: if {model: 1, tool_schema: 1, command_exit: 1, network: 1, sandbox_approval: 1, missing_dependency: 1,
  timeout: 1, background_job: 1, unclosed_turn: 1}[.] then . else "unknown" end;
def layer_word: if {environment: 1, tool: 1, model: 1, user: 1, session: 1}[.] then . else "unknown" end;
def rule_word($v): if $v.rules[.] then . else "other" end;

def has_place: (.agent | type == "string") and (.ts | is_time) and (.session | is_count) and (.turn | is_count_or_null)
  and (.session_line | is_count) and (.line | is_count);
def place($v): {agent: (.agent | word($v)), ts, session, turn, session_line, line};

def read_failure($v):
  if has_place and (.failure_source | type == "string") and (.layer | type == "string")
    and (.rule | type == "string") and (.basis | type == "string") and (.event | type == "string") and (.follower | is_flag)
    and (.tool | is_text_or_null) and (.exit_code | is_exit_code) and (.call | is_count_or_null) and (.part | is_count)
  then {type, failure_source: (.failure_source | source_word), layer: (.layer | layer_word), rule: (.rule | rule_word($v)),
    basis: (.basis | word($v)), event: (.event | word($v)), follower, tool: (.tool | word($v)), exit_code, call, part}
    + place($v)
  else null end;

def read_success($v):
  if has_place and (.event | type == "string") and (.tool | is_text_or_null) and (.exit_code | is_exit_code)
    and (.call | is_count_or_null) and (.part | is_count)
  then {type, event: (.event | word($v)), tool: (.tool | word($v)), exit_code, call, part} + place($v)
  else null end;

def read_unclosed($v):
  if has_place and (.superseded | is_flag) and ([.waiting_on, .tool, .last_failure_source] | all(is_text_or_null))
  then {type, failure_source: "unclosed_turn", layer: "session", superseded, waiting_on: (.waiting_on | word($v)),
    tool: (.tool | word($v)), last_failure_source: (.last_failure_source | if . then source_word else . end)} + place($v)
  else null end;

def read_turn($v):
  if has_place and (.outcome | type == "string") and (.failures | is_count) and (.last_failure_source | is_text_or_null)
  then {type, outcome: (.outcome | word($v)), failures,
    last_failure_source: (.last_failure_source | if . then source_word else . end)} + place($v)
  else null end;

def has_counts($keys): type == "object" and (. as $o | all($keys[]; $o[.] | is_count));
def known_counts(f): reduce to_entries[] as $e ({}; if $e.value | is_count then .[$e.key | f] += $e.value else . end);

# Calls by a word. False where a format hides results.
def known_events($v):
  def n: if is_count then . else 0 end;
  reduce to_entries[] as $e ({}; ($e.key | word($v)) as $k
    | .[$k] |= {events: ((.events // 0) + ($e.value.events? | n)), failed: ((.failed // 0) + ($e.value.failed? | n)),
      results_recorded: (.results_recorded != false and ($e.value.results_recorded? != false))});

def read_summary($v):
  if .schema == 1 and (.runs | is_count) and (.sessions | is_count)
    and (.input | has_counts(["lines", "blank", "recognised", "unrecognised", "unreadable", "torn"]))
    and (.input.unreadable_by | type == "object")
    and (.turns | has_counts(["started", "completed", "failed", "aborted"]))
    and (.turns.unclosed | has_counts(["superseded", "at_end"]))
    and (.tool_calls | has_counts(["total", "failed", "followers", "unanswered", "repeated"]))
    and (.model_turns | has_counts(["failed", "retries"]))
    and (.failures | has_counts(sources)) and (.layers | has_counts(layers))
    and (.basis | type == "object") and (.limits | type == "object")
    and ([.rules, .tools, .agents] | all(type == "object")) and (.verdict | type == "string")
    and ([.ts_min, .ts_max] | all(is_time))
  then {type, runs, sessions,
    version: (.version | if type == "string" and test("\\A[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,4}\\z") then . else null end),
    input: {lines: .input.lines, blank: .input.blank, recognised: .input.recognised, unrecognised: .input.unrecognised,
      unreadable: .input.unreadable, torn: .input.torn,
      incomplete: (.input.unreadable_by.incomplete | if is_count then . else 0 end)},
    turns: {started: .turns.started, died: .turns.unclosed.superseded, open: .turns.unclosed.at_end},
    calls: .tool_calls.total, calls_failed: .tool_calls.failed, followers: .tool_calls.followers,
    unanswered: .tool_calls.unanswered, model_turns_failed: .model_turns.failed,
    failures: (.failures | known_counts(source_word)), layers: (.layers | known_counts(layer_word)),
    basis: (.basis | known_counts(word($v))), rules: (.rules | known_counts(rule_word($v))),
    tools: (.tools | known_events($v)), agents: (.agents | known_events($v)),
    lost: ([.limits[] | numbers | select(is_count)] | add // 0),
    verdict: (.verdict | word($v)), ts_min, ts_max}
  else null end;

# One raw line as a record, or null where it is none of ours.
def record($v):
  (fromjson? // null) as $r
  | if ($r | type) != "object" then null
    elif $r.type == "failure" then $r | read_failure($v)
    elif $r.type == "success" then $r | read_success($v)
    elif $r.type == "unclosed_turn" then $r | read_unclosed($v)
    elif $r.type == "turn" then $r | read_turn($v)
    elif $r.type == "summary" then $r | read_summary($v)
    else null end;

# Failures that the verdict counts, by layer: without followers and questions that were answered "no".
def counts_for_verdict($v): .follower == false and ($v.rules[.rule].counts != false);
def attributable($v):
  reduce (.rules | to_entries[]) as $e ({environment: 0, tool: 0, model: 0};
    ($v.rules[$e.key] // {counts: false}) as $rule
    | if $rule.counts and has($rule.layer) then .[$rule.layer] += $e.value else . end);

# The verdict's word from those counts; the caller knows about nothing read and no failures.
def majority:
  ([.environment, .tool, .model] | add) as $all
  | if $all < 3 then "too_few"
    elif 2 * .environment > $all then "environment"
    elif 2 * .tool > $all then "tool"
    elif 2 * .model > $all then "model"
    else "no_majority" end;

# Of each source its failures by layer; the rules of other versions are not known here.
def layers_of($v):
  reduce (.rules | to_entries[]) as $e ({}; $v.rules[$e.key] as $rule
    | if $rule then .[$rule.source | source_word][$rule.layer | layer_word] += $e.value else . end);

# A summary's verdict as one sentence with its numbers.
def verdict_line($v):
  attributable($v) as $by
  | ([$by[]] | add) as $all
  | "of \(plural($all; "attributable failure"; "attributable failures"))" as $of
  | (if .input.unrecognised > .input.recognised and .verdict != "nothing_read"
    then "; more lines were not recognised than were" else "" end) as $mostly
  | if .verdict == "environment" then "likely failed in the environment layer, not the model: \($by.environment) \($of)"
    elif .verdict == "tool" then "likely failed in the tools' own logic, not the environment: \($by.tool) \($of)"
    elif .verdict == "model" then "likely failed in the model layer, not the environment: \($by.model) \($of)"
    elif .verdict == "no_majority" then
      "no layer holds most: environment \($by.environment), tool \($by.tool), model \($by.model) \($of)"
    elif .verdict == "too_few" then "too few to say: \(plural($all; "attributable failure"; "attributable failures"))"
    elif .verdict == "no_failures" then "no failure in \(plural(.calls; "tool call"; "tool calls"))"
    elif .verdict == "no_tool_calls" then "no tool call was read"
    elif .verdict == "nothing_read" then "nothing was read: none of \(plural(.input.lines; "line"; "lines")) was recognised"
    else "no verdict" end
  | . + $mostly;
