# Counts the results of tool calls that failed, in the shapes that `generate` writes: what one would type instead of the
# filter. Run as: jq -n -f benches/failed-results.jq LOG. It names no cause, joins nothing and closes no turn.

# Codex writes no flag: the exit code, or a refusal, stands at the head of the text.
def codex_failed:
  strings
  | test("^(Chunk ID: [^\n]*\n)?Wall time: [^\n]*\nProcess exited with code -?[1-9]")
    or test("^Exit code: -?[1-9]")
    or test("^(failed to parse function arguments|exec command rejected|apply_patch verification failed|write_stdin failed|tool call error)");

def failed:
  if .type == "user" then any(.message.content | arrays | .[]; .is_error == true)
  elif .type == "response_item" then .payload.output | codex_failed
  elif .type == "item.completed" then .item.status == "failed" or .item.status == "declined"
  elif .type == "tool_result" then .status == "error"
  elif .event == "item.failed" then true
  elif .type == "message" then .message.isError == true
  elif .type == "tool.execution_complete" then
    .data.success == false or (.data.toolTelemetry.metrics.exit_code // 0) != 0
  elif .role == "tool" then .content | fromjson? | (.exit_code // 0) != 0
  else false
  end;

reduce (inputs | select(failed)) as $_ (0; . + 1)
