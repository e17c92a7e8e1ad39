//! Ordinary JSON lines that are no agent's log, with fields named as agents name theirs: nothing of them is recognised,
//! and no failure, no turn and no tool call is read from them.
//!
//! Each kind is a few made-up lines in the layout of a well-known writer. They are read one by one, all together, and
//! behind logs of agents. May not know how dialects tell a record.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

mod filter;

use simd_json::OwnedValue;
use simd_json::prelude::{ValueAsObject, ValueObjectAccess, ValueObjectAccessAsScalar};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use whale_classify::pipeline::{Mode, run};

/// Each writer, and lines of it.
const STRANGERS: &[(&str, &str)] = &[
    (
        "web access logs",
        r#"
{"ts":1790000000.12,"level":"info","logger":"http.log.access","msg":"handled request","request":{"method":"GET","uri":"/x","headers":{}},"user_id":"","duration":0.1,"size":9,"status":500,"error":"upstream"}
{"time":"2026-10-01T00:00:00Z","remote_addr":"10.0.0.1","request":"GET / HTTP/1.1","status":"403","body_bytes_sent":"10","request_id":"r1","exit_code":"0"}
{"type":"request","method":"POST","path":"/login","status":401,"error":"bad password","id":"r2","name":"login","session_id":"s1"}
{"type":"response","id":"r2","status":"failed","code":502,"error":{"type":"bad_gateway","message":"upstream timed out"},"message":"upstream timed out"}
{"severity":"ERROR","httpRequest":{"status":500,"requestMethod":"GET"},"message":"boom","timestamp":"2026-10-01T00:00:00Z","type":"error"}
{"type":"error","timestamp":"2026-10-01T00:00:00Z","severity":"ERROR","message":"worker exited","code":1}
{"type":"session","id":"s1","user":"ann","timestamp":"2026-10-01T00:00:00Z","status":"expired"}
{"type":"session.created","session_id":"s1","user":"ann","ip":"10.0.0.1"}
{"type":"session.error","id":"e1","parentId":null,"timestamp":"2026-10-01T00:00:00Z","data":{"statusCode":401,"errorType":"authentication","message":"no"}}
{"type":"user","sessionId":"s1","message":{"content":"clicked","id":"b1"}}
{"type":"user","session_id":"s1","message":"logged in"}
{"type":"system","sessionId":"s1","content":"restarted"}
{"type":"progress","sessionId":"s1","percent":5}
{"type":"mode","sessionId":"s1","value":"dark"}
{"type":"attachment","attachment":"a.png","status":"error"}
{"type":"connection","subtype":"closed","session_id":"s1","error":"reset"}
{"type":"retry","subtype":"http","session_id":"s1","attempt":2}
{"type":"result","session_id":"s1","subtype":"search","is_error":true,"duration_ms":7}
"#,
    ),
    (
        "Kubernetes",
        r#"
{"kind":"Event","apiVersion":"v1","metadata":{"name":"web.1","namespace":"x","uid":"u1"},"involvedObject":{"kind":"Pod","name":"web"},"reason":"Failed","message":"Error: ImagePullBackOff","source":{"component":"kubelet"},"type":"Warning","count":3}
{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"},"status":{"phase":"Failed","containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}}
{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods \"x\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}
{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a1","stage":"ResponseComplete","verb":"create","user":{"username":"ann"},"responseStatus":{"code":403,"status":"Failure","reason":"Forbidden"}}
{"stream":"stderr","log":"bash: line 1: x: command not found","time":"2026-10-01T00:00:00Z","kubernetes":{"pod_name":"web","container_name":"c"}}
{"type":"ADDED","object":{"kind":"Job","metadata":{"name":"j"},"status":{"failed":1,"conditions":[{"type":"Failed","status":"True","message":"exit code 1"}]}}}
{"kind":"ToolchainStatus","id":"t1","name":"gcc","status":"error","input":{"version":"12"},"output":"not found"}
"#,
    ),
    (
        "package metadata",
        r#"
{"name":"left-pad","version":"1.3.0","type":"module","main":"index.js","scripts":{"test":"exit 1"},"id":"left-pad@1.3.0","status":"deprecated"}
{"reason":"compiler-message","package_id":"x 0.1.0","message":{"message":"cannot find type","code":{"code":"E0412"},"level":"error","rendered":"error"}}
{"reason":"build-finished","success":false}
{"type":"auditAdvisory","data":{"resolution":{"id":1},"advisory":{"severity":"high","title":"x","id":1}}}
{"type":"error","data":"An unexpected error occurred"}
{"type":"step","data":{"message":"Fetching packages","current":2,"total":4}}
{"id":1,"tool":{"name":"wrench","version":"2"},"input":"steel","output":"bolt","status":"failed"}
{"prompt":"Write a poem","completion":"Roses are red","id":"p1"}
{"prompt":"Write a poem"}
"#,
    ),
    (
        "CI job logs",
        r#"
{"type":"error","message":"npm ERR! code ELIFECYCLE"}
{"type":"error","error":"npm ERR! code ELIFECYCLE"}
{"type":"error","id":"7","name":"build","status":"failed","exit_code":1,"error":"boom"}
{"type":"result","timestamp":"2026-10-01T00:00:00Z","status":"failed","stats":{"passed":3,"failed":1}}
{"type":"step_finish","id":"9","name":"build","status":"failure","exit_code":2,"output":"make: *** [all] Error 2","command":"make"}
{"job":"build","step":"test","status":"failed","exit_code":1,"error":"exit status 1","name":"unit","id":77}
{"event":"tool_call","id":"c1","status":"queued"}
{"tool":"eslint","id":3,"status":"error","message":"no-unused-vars","file":"a.js","code":"E1"}
{"tool_id":17,"tool_name":"laser cutter","status":"failed","error":"door open"}
{"action":"run","test":"TestX","type":"fail","output":"--- FAIL: TestX","status":"fail"}
{"type":"test","event":"failed","name":"it works","stdout":"thread panicked","exec_time":0.1}
{"type":"suite","event":"failed","passed":1,"failed":1,"ignored":0}
{"type":"item.completed","item":{"type":"book","id":"b1","status":"failed"}}
{"type":"turn.started","player":2,"game":"g1"}
{"type":"turn.failed","player":2,"game":"g1","error":"illegal move"}
{"type":"turn_start","player":2}
{"type":"turn_end","player":2,"message":"pass"}
{"event":"turn_end","turn_id":4,"status":"failed"}
{"type":"turn_ended","status":"error","player":2,"error":"illegal move"}
{"type":"agent_start","host":"ci-3","pid":77}
{"step_index":3,"source":"github","type":"run","status":"ERROR","content":"The command failed with exit code: 1"}
{"step_id":4,"source":"user","message":"clicked"}
"#,
    ),
    (
        "structured application logs",
        r#"
{"level":"error","time":1790000000000,"pid":7,"hostname":"h","msg":"request failed","err":{"type":"TimeoutError","message":"timed out","code":"ETIMEDOUT"},"traceId":"t1","spanId":"s1"}
{"@timestamp":"2026-10-01T00:00:00.000Z","log.level":"ERROR","message":"connection refused","error":{"type":"java.net.ConnectException","message":"refused","stack_trace":"at x"},"trace":{"id":"t1"},"service":{"name":"pay"}}
{"timestamp":"2026-10-01T00:00:00Z","level":"ERROR","fields":{"message":"failed","error":"No such file or directory"},"target":"app","span":{"name":"handle","id":"9"}}
{"event":"error","thread_id":"main","session_id":"req-77","message":"boom","exception":"KeyError"}
{"type":"tool_error","id":"7","machine":"lathe-2","status":"failed","code":"T07","error":"No such file or directory"}
{"type":"turn_end","status":"completed","message":{"role":"agent","text":"x"}}
{"event":"toolbar_click_response","id":"b1","text":"ok"}
{"type":"toolchain.install.complete","id":"t9","output":"installed","status":"success"}
{"call_id":"c1","from":"+1","to":"+2","status":"failed","code":486,"name":"Ann"}
{"call_id":"c1","name":"support","status":"completed","result":"voicemail"}
{"id":"1","msg":{"type":"error","message":"disk full"},"level":"error"}
{"type":"label","id":"1","parentId":"0","timestamp":"2026-10-01T00:00:00Z","name":"bug"}
{"type":"custom","id":"1","parentId":"0","timestamp":"2026-10-01T00:00:00Z","data":{"error":"x"}}
{"type":"upload","sessionID":"s1","part":3,"status":"failed"}
{"type":"error","timestamp":1790000000000,"sessionID":"s1","error":"boom"}
{"type":"error","source":"web","message":"boom","session_id":"s1","timestamp":"2026-10-01T00:00:00Z"}
{"type":"init","timestamp":"2026-10-01T00:00:00Z","session_id":"s1","model":"X200","firmware":"1.0"}
{"type":"metadata","protocol_version":3,"device":"X200","firmware":"1.0"}
{"type":"turn.ended","time":1790000000000,"player":3}
{"type":"system","subtype":"init","session_id":"s1","tools":["hammer"],"model":"X200"}
{"type":"complete","total":3,"status":"error"}
{"type":"system","content":"restarted","host":"h"}
"#,
    ),
    (
        "jobs, infrastructure and analytics",
        r#"
{"@level":"error","@message":"Error: no such host","@module":"terraform.ui","type":"diagnostic","diagnostic":{"severity":"error","summary":"x"}}
{"type":"apply_errored","hook":{"resource":{"addr":"a.b","resource_type":"a"},"action":"create","elapsed_seconds":3},"@level":"info"}
{"$report_type":"TestReport","nodeid":"t.py::x","outcome":"failed","longrepr":{"reprcrash":{"message":"assert 0"}},"when":"call"}
{"status":"die","id":"abc","from":"img","Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":{"exitCode":"1","name":"x"}},"time":1790000000}
{"type":"track","event":"Tool Used","messageId":"m1","userId":"u","properties":{"tool":"hammer","status":"failed","error":"x"}}
{"info":{"name":"LogTestResult","code":"Q007","level":"error","msg":"FAIL"},"data":{"status":"fail","num_failures":2}}
{"header":{"msg_id":"1","msg_type":"execute_reply","session":"s"},"content":{"status":"error","ename":"NameError","evalue":"x"}}
{"eventVersion":"1.08","eventName":"GetObject","errorCode":"AccessDenied","errorMessage":"Access Denied","requestID":"r","responseElements":null}
{"_SYSTEMD_UNIT":"x.service","MESSAGE":"exit-code","PRIORITY":"3","EXIT_STATUS":"1","EXIT_CODE":"exited"}
{"event_id":"e","level":"error","exception":{"values":[{"type":"KeyError","value":"x"}]},"contexts":{"trace":{"trace_id":"t","status":"internal_error"}}}
{"dag_id":"d","task_id":"t","run_id":"r","try_number":1,"state":"failed","exit_code":1,"event":"Task failed"}
{"id":"t","task":"app.add","args":[1,2],"kwargs":{},"state":"FAILURE","result":"ValueError","name":"app.add"}
{"queue":"default","class":"Hard","args":[1],"jid":"x","error_message":"boom","error_class":"RuntimeError","retry_count":3}
{"specversion":"1.0","type":"com.x.failed","source":"/x","id":"1","time":"2026-10-01T00:00:00Z","data":{"status":"failed","code":1}}
{"function":"lambda_handler","args":["x"],"result":"error","status":"failed","id":"1"}
{"call_id":"9","name":"pay","input":{"x":1},"status":"failed","error":"declined"}
{"id":"x1","name":"etl","input":"s3://a","output":"s3://b","status":"error","error":"No such file","parameters":{"n":1}}
{"run_id":"r","name":"train","status":"FAILED","params":{"lr":1},"metrics":{"exit_code":1}}
{"data":{"id":"1","type":"tools","attributes":{"name":"saw","status":"broken"}},"meta":{}}
{"tool":{"driver":{"name":"eslint"}},"results":[{"ruleId":"x","level":"error","message":{"text":"bad"}}]}
{"type":"tool","id":"7","name":"saw","input":"220V","status":"failed","error":"blade"}
{"toolName":"saw","toolId":"7","isError":true,"message":"blade"}
{"event":"tool_response_time","id":"7","value":3}
{"type":"ToolOutput","id":"7","value":3,"unit":"mm"}
{"id":1,"error":{"code":-32000,"message":"Target closed"}}
{"type":"result","id":3,"success":false,"error":{"code":"invalid_format","message":"extra keys"}}
{"type":"error","id":"1","payload":[{"message":"Cannot query field"}]}
{"type":"connection_error","payload":{"message":"no"}}
{"id":"0","msg":{"type":"error","message":"disk full"}}
"#,
    ),
    (
        "chat exports",
        r#"
{"type":"message","user":"U1","text":"build failed","ts":"1790000000.0001","team":"T1","blocks":[{"type":"rich_text","block_id":"b"}],"id":"m1"}
{"id":"9","type":0,"content":"error: exit code 1","author":{"id":"1","username":"ann"},"timestamp":"2026-10-01T00:00:00Z","attachments":[]}
{"id":"m1","messageType":"message","createdDateTime":"2026-10-01T00:00:00Z","from":{"user":{"displayName":"Ann"}},"body":{"contentType":"text","content":"failed"}}
{"role":"customer","text":"it does not work","id":"1","status":"open"}
{"type":"message","role":"moderator","id":"m4","text":"banned","session_id":"s1","timestamp":"2026-10-01T00:00:00Z"}
{"message_id":"m5","role":"agent","content":"have you tried turning it off","status":"sent"}
{"id":7,"message":{"content":"x","status":"failed"},"author":"ann"}
"#,
    ),
    (
        "OpenTelemetry, no model",
        r#"
{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"pay"}}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"POST /pay","attributes":[{"key":"http.response.status_code","value":{"intValue":"500"}},{"key":"error.type","value":{"stringValue":"500"}}],"status":{"code":2,"message":"boom"}}]}]}]}
{"traceId":"t","spanId":"s","name":"SELECT","kind":3,"attributes":{"db.system":"postgresql","error.type":"timeout"},"status":{"code":2,"message":"canceling statement"}}
{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"ERROR","body":{"stringValue":"boom"},"traceId":"t","spanId":"s"}]}]}]}
{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"http.server.duration","unit":"ms"}]}]}]}
{"type":"metric","name":"queue.depth","value":3,"attributes":{"error":true}}
"#,
    ),
    (
        "GitHub webhooks",
        r#"
{"action":"completed","check_run":{"id":1,"name":"test","status":"completed","conclusion":"failure","output":{"title":"x","summary":"exit code 1"}},"sender":{"login":"ann"}}
{"action":"completed","workflow_job":{"id":1,"name":"build","status":"completed","conclusion":"failure","steps":[{"name":"x","number":1,"status":"completed","conclusion":"failure"}]}}
{"id":"1","type":"PushEvent","actor":{"id":1,"login":"ann"},"repo":{"id":2,"name":"a/b"},"payload":{"push_id":1,"commits":[{"message":"fix error"}]},"created_at":"2026-10-01T00:00:00Z"}
{"id":"2","type":"IssueCommentEvent","payload":{"action":"created","comment":{"body":"exit code 1","user":{"type":"Bot"}}},"created_at":"2026-10-01T00:00:00Z"}
{"type":"user.created","id":"evt_1","parentId":"evt_0","timestamp":"2026-10-01T00:00:00Z","data":{"status":"failed","error":"taken"}}
{"type":"command.failed","id":"evt_2","parentId":null,"timestamp":"2026-10-01T00:00:00Z","data":{"exitCode":1,"error":"x"}}
{"id":"evt_3","object":"event","type":"charge.failed","data":{"object":{"id":"ch_1","status":"failed","failure_code":"card_declined"}},"request":{"id":"req_1"}}
{"error":{"type":"invalid_request_error","message":"No such customer","code":"resource_missing","param":"id"},"status":404}
{"type":"response.failed","response":{"status":500,"url":"https://x"},"id":"r9"}
{"object":"response","output":"boom","status":"failed","id":"x"}
"#,
    ),
    (
        "language servers and other JSON-RPC",
        r#"
{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":7,"rootUri":"file:///x","capabilities":{}}}
{"jsonrpc":"2.0","id":1,"result":{"capabilities":{"hoverProvider":true}}}
{"jsonrpc":"2.0","id":2,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///x"}}}
{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid params"}}
{"jsonrpc":"2.0","method":"window/logMessage","params":{"type":1,"message":"error: no such file"}}
{"jsonrpc":"2.0","id":3,"method":"workspace/executeCommand","params":{"command":"x","arguments":[]}}
{"jsonrpc":"2.0","id":3,"result":{"content":[],"total":0,"isIncomplete":false}}
{"jsonrpc":"2.0","id":4,"method":"authenticate","params":{"user":"ann"}}
{"jsonrpc":"2.0","id":4,"result":{"sessionId":"s1","ok":true}}
{"jsonrpc":"2.0","id":5,"method":"fs/read","params":{"path":"/x"}}
{"jsonrpc":"2.0","id":6,"method":"session/close","params":{"name":"x"}}
{"jsonrpc":"2.0","id":7,"method":"eth_call","params":[{"to":"0x0"},"latest"]}
{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"execution reverted"}}
{"jsonrpc":"2.0","id":8,"method":"ping"}
{"seq":3,"type":"response","request_seq":2,"success":false,"command":"launch","message":"cancelled","body":{"error":{"id":1,"format":"failed"}}}
{"seq":4,"type":"event","event":"output","body":{"category":"stderr","output":"command not found"}}
{"direction":"in","payload":"{\"status\":\"error\"}","ts":"2026-10-01T00:00:00Z"}
"#,
    ),
    (
        "database changes",
        r#"
{"before":null,"after":{"id":1,"name":"x","status":"failed"},"source":{"version":"2.1","connector":"postgresql","name":"db"},"op":"c","ts_ms":1790000000000}
{"operationType":"update","documentKey":{"_id":"1"},"updateDescription":{"updatedFields":{"status":"error"}},"clusterTime":1}
{"$set":{"status":"error","exit_code":1}}
{"$set":{"name":"x"},"$unset":{"error":""}}
{"kind":"update","schema":"public","table":"tools","columnnames":["id","status"],"columnvalues":[1,"failed"]}
{"kind":"snapshot","run":{"id":1,"status":"failed"},"id":1}
{"payload":{"id":1,"type":"tool","status":"failed"},"type":"record","event":"changed"}
{"record":"heartbeat","host":"h","status":"failed"}
"#,
    ),
];

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    STRANGERS
        .iter()
        .flat_map(|(kind, text)| text.lines().filter(|line| !line.is_empty()).map(move |line| (*kind, line)))
}

fn records(input: &[u8]) -> Vec<OwnedValue> {
    let mut out = Vec::new();
    assert!(run(Mode::All, input, &mut out).is_ok());
    filter::records(&out)
}

fn count(summary: &OwnedValue, path: &[&str]) -> u64 {
    let (last, parents) = path.split_last().unwrap();
    let at = parents.iter().fold(summary, |at, key| at.get(*key).unwrap());
    at.get_u64(*last).unwrap()
}

#[test]
fn the_lines_are_json_objects() {
    assert!(STRANGERS.len() >= 10);
    for (kind, line) in lines() {
        let parsed = simd_json::to_owned_value(&mut line.as_bytes().to_vec());
        assert!(parsed.is_ok_and(|value| value.as_object().is_some()), "{kind}: {line}");
    }
}

#[test]
fn no_line_is_recognised_and_nothing_is_read_from_it() {
    let mut complaints = String::new();
    for (kind, line) in lines() {
        let told = records(line.as_bytes());
        let summary = told.last().unwrap();
        if told.len() > 1 || count(summary, &["input", "unrecognised"]) != 1 {
            let agents = simd_json::to_string(summary.get("agents").unwrap()).unwrap();
            writeln!(complaints, "{kind}: {agents}, {} records: {line}", told.len() - 1).unwrap();
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn all_together_they_are_unrecognised_and_say_so() {
    let input = lines().map(|(_, line)| line.to_owned() + "\n").collect::<String>();
    let told = records(input.as_bytes());
    let [summary] = told.as_slice() else { panic!("{} records", told.len()) };
    assert_eq!(count(summary, &["input", "unrecognised"]), lines().count() as u64);
    for of in [["tool_calls", "total"], ["tool_calls", "unanswered"], ["model_turns", "failed"], ["turns", "started"]] {
        assert_eq!(count(summary, &of), 0, "{of:?}");
    }
    assert_eq!(summary.get_str("verdict"), Some("nothing_read"));
}

/// Behind an agent's log a line may be taken for a part of it, but nothing is read from it that changes what it came to.
#[test]
fn behind_each_agents_log_they_are_no_failures_and_no_calls() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let strangers = lines().map(|(_, line)| line.to_owned() + "\n").collect::<String>();
    let told = |input: &[u8]| {
        let told = records(input);
        let summary = told.last().unwrap();
        let calls = count(summary, &["tool_calls", "total"]);
        (calls, count(summary, &["tool_calls", "failed"]), count(summary, &["model_turns", "failed"]))
    };
    let mut complaints = String::new();
    for folder in fs::read_dir(golden).unwrap() {
        for log in fs::read_dir(folder.unwrap().path()).unwrap().map(|log| log.unwrap().path()) {
            if log.extension().is_none_or(|end| end != "jsonl") {
                continue;
            }
            let mut input = fs::read(&log).unwrap();
            input.push(b'\n');
            let alone = told(&input);
            let both = told(&[&input, strangers.as_bytes()].concat());
            if both != alone {
                writeln!(complaints, "{}: {alone:?} alone, {both:?} with strangers", log.display()).unwrap();
            }
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

/// Names of fields that all kinds of programs use, agents among them.
const FIELDS: &str = "type kind event subtype method action phase status state timestamp ts time created_at code exit_code \
    exitCode count seq step_index duration id session_id sessionId sessionID thread_id parentId uuid request_id trace_id \
    traceId spanId run_id turn_id message_id role source success ok is_error error result output input content text \
    message data payload params item args details metadata attributes stats usage value response name version model \
    title summary host level severity cwd tool description path user extra reason attempt total_tokens direction";

/// Words that such programs write.
const WORDS: &str = "error message result session user system tool event request response start end update item turn step \
    progress complete init log metric assistant summary mode notification metadata reasoning retry connection done text \
    content label custom session_start session_end turn_ended turn.started turn.failed item.completed response.failed \
    session.error tool_error tool_status tool.updated step_start step_finish heartbeat snapshot attachment";

/// Numbers without an order, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn object(&mut self, depth: usize) -> String {
        let (fields, words) =
            (FIELDS.split_whitespace().collect::<Vec<_>>(), WORDS.split_whitespace().collect::<Vec<_>>());
        let mut names: Vec<_> = (0..=self.below(if depth == 0 { 8 } else { 4 })).map(|_| self.pick(&fields)).collect();
        if depth == 0 && self.below(3) > 0 {
            names.push("type");
        }
        names.sort_unstable();
        names.dedup();
        let field = |name: &&str| {
            let value = match *name {
                "type" | "kind" | "event" | "subtype" | "phase" | "method" => format!("\"{}\"", self.pick(&words)),
                "status" | "state" => {
                    self.pick(&["\"ok\"", "\"failed\"", "\"error\"", "\"running\"", "500"]).to_owned()
                }
                "timestamp" | "ts" | "time" => self.pick(&["\"2026-10-01T00:00:00Z\"", "1790000000000"]).to_owned(),
                "role" => self.pick(&["\"admin\"", "\"customer\"", "\"moderator\""]).to_owned(),
                "success" | "ok" | "is_error" => self.pick(&["true", "false"]).to_owned(),
                _ if depth < 2 && self.below(3) == 0 => self.object(depth + 1),
                _ => self.pick(&["\"exit code 1\"", "\"a1\"", "\"web\"", "127", "0", "null", "[\"x\"]"]).to_owned(),
            };
            format!("\"{name}\":{value}")
        };
        format!("{{{}}}", names.iter().map(field).collect::<Vec<_>>().join(","))
    }
}

#[test]
fn records_thrown_together_from_everyones_words_hold_no_calls_and_no_failures() {
    const RECORDS: u64 = 30_000;
    let mut dice = Dice(26);
    let input = (0..RECORDS).map(|_| dice.object(0) + "\n").collect::<String>();
    let told = records(input.as_bytes());
    let summary = told.last().unwrap();
    let lines: Vec<_> = input.lines().collect();
    let read = told.iter().find(|record| record.get("event").is_some());
    let read = read.map(|record| lines[record.get_u64("line").unwrap() as usize - 1]);
    assert_eq!(read, None);
    assert_eq!(count(summary, &["tool_calls", "unanswered"]), 0);
    assert_eq!(count(summary, &["input", "recognised"]) + count(summary, &["input", "unrecognised"]), RECORDS);
    let recognised = count(summary, &["input", "recognised"]);
    assert!(recognised * 1000 < RECORDS, "{recognised} of {RECORDS} were taken for an agent's");
}
