//! The vocabulary of keys: the only field names that the scan keeps. Everything else is skipped without being entered.
//!
//! Each is spelt as the logs spell it, so `toolCallId` and `tool_call_id` are two. May not know which agent uses which.

use crate::intern::Words;

/// A field name of the vocabulary, or the place of an array's item or of the record itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(u16);

macro_rules! keys {
    (kept_whole { $($whole:ident = $whole_word:literal,)* } entered { $($name:ident = $word:literal,)* }) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "spelt as the log spells them")]
        #[repr(u16)]
        enum Position { $($whole,)* $($name,)* Count }

        const WORDS: &[&str] = &[$($whole_word,)* $($word,)*];
        /// Keys before this one are kept as one span and never entered: a tool's input may hold a whole log.
        const FIRST_ENTERED: u16 = [$($whole_word,)*].len() as u16;

        #[allow(missing_docs, non_upper_case_globals, reason = "each is spelt as the log spells it")]
        impl Key {
            $(pub const $name: Key = Key(Position::$name as u16);)*
            $(pub const $whole: Key = Key(Position::$whole as u16);)*
        }
    };
}

// Those that tell a record's shape by being there stand before the others: one number holds them all.
keys! {
    kept_whole {
        input = "input",
        arguments = "arguments",
        args = "args",
        rawInput = "rawInput",
        parameters = "parameters",
        tool_input = "tool_input",
        replacement_history = "replacement_history",
        changes = "changes",
        toolInput = "toolInput",
        journal = "journal",
        usage = "usage",
        instructions = "instructions",
        git = "git",
        base_instructions = "base_instructions",
    }
    entered {
        message = "message",
        role = "role",
        step_index = "step_index",
        step_update = "step_update",
        steps = "steps",
        step_id = "step_id",
        message_id = "message_id",
        tool_call_id = "tool_call_id",
        extra = "extra",
        tool_id = "tool_id",
        details = "details",
        approval_id = "approval_id",
        schema = "schema",
        record = "record",
        run_id = "run_id",
        run = "run",
        event = "event",
        response_events = "response_events",
        ts = "ts",
        rollout_path = "rollout_path",
        last_used = "last_used",
        thread_id = "thread_id",
        at = "at",
        jsonrpc = "jsonrpc",
        agent_id = "agent_id",
        index = "index",
        messages = "messages",
        record_type = "record_type",
        msg = "msg",
        sandbox = "sandbox",
        prompt = "prompt",
        parentId = "parentId",
        projectHash = "projectHash",
        dollar_set = "$set",
        dollar_rewind_to = "$rewindTo",
        working_dir = "working_dir",
        created = "created",
        method = "method",
        direction = "direction",
        time = "time",
        version = "version",
        sessionID = "sessionID",
        source = "source",
        resourceSpans = "resourceSpans",
        attributes = "attributes",
        uuid = "uuid",
        object = "object",
        type_ = "type",
        subtype = "subtype",
        kind = "kind",
        phase = "phase",
        status = "status",
        state = "state",
        outcome = "outcome",
        result = "result",
        error = "error",
        content = "content",
        text = "text",
        payload = "payload",
        data = "data",
        item = "item",
        items = "items",
        params = "params",
        update = "update",
        tool_call = "tool_call",
        tool_calls = "tool_calls",
        toolCalls = "toolCalls",
        toolCall = "toolCall",
        part = "part",
        parts = "parts",
        properties = "properties",
        observation = "observation",
        value = "value",
        event_msg = "event_msg",
        timestamp = "timestamp",
        created_at = "created_at",
        createdAt = "createdAt",
        timestamp_ms = "timestamp_ms",
        startTimeUnixNano = "startTimeUnixNano",
        endTimeUnixNano = "endTimeUnixNano",
        startTime = "startTime",
        at_ms = "at_ms",
        endTime = "endTime",
        session_id = "session_id",
        sessionId = "sessionId",
        conversation_id = "conversation_id",
        conversationId = "conversationId",
        threadId = "threadId",
        traceId = "traceId",
        id = "id",
        parentUuid = "parentUuid",
        turn_id = "turn_id",
        turnId = "turnId",
        promptId = "promptId",
        prompt_id = "prompt_id",
        interactionId = "interactionId",
        interaction_id = "interaction_id",
        tool_use_id = "tool_use_id",
        toolCallId = "toolCallId",
        toolUseId = "toolUseId",
        toolUseID = "toolUseID",
        call_id = "call_id",
        callId = "callId",
        callID = "callID",
        source_call_id = "source_call_id",
        action_id = "action_id",
        toolName = "toolName",
        tool_name = "tool_name",
        name = "name",
        function = "function",
        function_name = "function_name",
        functionCall = "functionCall",
        functionResponse = "functionResponse",
        tool = "tool",
        toolId = "toolId",
        title = "title",
        tool_info = "tool_info",
        is_error = "is_error",
        isError = "isError",
        success = "success",
        ok = "ok",
        failed = "failed",
        exit_code = "exit_code",
        exitCode = "exitCode",
        exit = "exit",
        returncode = "returncode",
        return_code = "return_code",
        exit_status = "exit_status",
        metadata = "metadata",
        metrics = "metrics",
        meta = "meta",
        errorType = "errorType",
        error_type = "error_type",
        code = "code",
        errorCode = "errorCode",
        error_code = "error_code",
        statusCode = "statusCode",
        status_code = "status_code",
        http_status_code = "http_status_code",
        classification = "classification",
        rejection_source = "rejection_source",
        finishReason = "finishReason",
        finish_reason = "finish_reason",
        stop_reason = "stop_reason",
        stopReason = "stopReason",
        errorMessage = "errorMessage",
        error_message = "error_message",
        detail = "detail",
        reason = "reason",
        rejection_reason = "rejection_reason",
        brief = "brief",
        info = "info",
        output = "output",
        resultDisplay = "resultDisplay",
        stdout = "stdout",
        stderr = "stderr",
        detailedContent = "detailedContent",
        rawOutput = "rawOutput",
        aggregated_output = "aggregated_output",
        formatted_output = "formatted_output",
        toolUseResult = "toolUseResult",
        tool_use_result = "tool_use_result",
        toolDenialKind = "toolDenialKind",
        interruptedByShutdown = "interruptedByShutdown",
        permissionDecision = "permissionDecision",
        isApiErrorMessage = "isApiErrorMessage",
        apiErrorStatus = "apiErrorStatus",
        api_error_status = "api_error_status",
        isSidechain = "isSidechain",
        agentId = "agentId",
        isMeta = "isMeta",
        isCompactSummary = "isCompactSummary",
        isVisibleInTranscriptOnly = "isVisibleInTranscriptOnly",
        origin = "origin",
        promptSource = "promptSource",
        operation = "operation",
        attachment = "attachment",
        permission_denials = "permission_denials",
        parent_tool_use_id = "parent_tool_use_id",
        is_replay = "is_replay",
        isReplay = "isReplay",
        isSynthetic = "isSynthetic",
        interrupted = "interrupted",
        returnCodeInterpretation = "returnCodeInterpretation",
        backgroundTaskId = "backgroundTaskId",
        timedOutAfterMs = "timedOutAfterMs",
        retrieval_status = "retrieval_status",
        task = "task",
        task_id = "task_id",
        shellId = "shellId",
        summary = "summary",
        errors = "errors",
        num_turns = "num_turns",
        terminal_reason = "terminal_reason",
        requestId = "requestId",
        model = "model",
        cause = "cause",
        connection = "connection",
        forked_from_id = "forked_from_id",
        namespace = "namespace",
        turn = "turn",
        stage = "stage",
        codex_error_info = "codex_error_info",
        last_agent_message = "last_agent_message",
        process_id = "process_id",
        Ok = "Ok",
        Err = "Err",
        isCancelled = "isCancelled",
        declined = "declined",
        item_type = "item_type",
        msg_type = "msg_type",
        schema_version = "schema_version",
        seq = "seq",
        thread_name = "thread_name",
        turn_index = "turn_index",
        risk_band = "risk_band",
        canonical_state = "canonical_state",
        replay_info = "replay_info",
        tool_lifecycle = "tool_lifecycle",
        frame = "frame",
        response_id = "response_id",
        decision = "decision",
        remember = "remember",
        auto = "auto",
        timeout = "timeout",
        timed_out = "timed_out",
        duration_ms = "duration_ms",
        job_id = "job_id",
        progress = "progress",
        category = "category",
        error_category = "error_category",
        severity = "severity",
        result_metadata = "result_metadata",
        termination_reason = "termination_reason",
        receipt_kind = "receipt_kind",
        side_effect_status = "side_effect_status",
        sandbox_denied = "sandbox_denied",
        sandbox_network_restricted = "sandbox_network_restricted",
        sandboxed = "sandboxed",
        backgrounded = "backgrounded",
        canceled = "canceled",
        cancelled = "cancelled",
        denied = "denied",
        worker_id = "worker_id",
        final_status = "final_status",
        receipt = "receipt",
        failure_kind = "failure_kind",
        recoverable = "recoverable",
        entries = "entries",
        request = "request",
        scenario = "scenario",
        path = "path",
        count = "count",
        exit_class = "exit_class",
        toolRequests = "toolRequests",
        toolTelemetry = "toolTelemetry",
        ephemeral = "ephemeral",
        contents = "contents",
        results = "results",
        cwd = "cwd",
        header = "header",
        toolResult = "toolResult",
        structuredContent = "structuredContent",
        return_value = "return_value",
        display = "display",
        systemPayload = "systemPayload",
        language = "language",
        tool_results = "tool_results",
        toolResults = "toolResults",
        trajectory_format = "trajectory_format",
        subagent_trajectories = "subagent_trajectories",
        is_copied_context = "is_copied_context",
        scopeSpans = "scopeSpans",
        spans = "spans",
        key = "key",
        stringValue = "stringValue",
        intValue = "intValue",
        boolValue = "boolValue",
        events = "events",
        spanId = "spanId",
        exception = "exception",
        execution_status = "execution_status",
        tool_calls_count = "tool_calls_count",
        action = "action",
        step_type = "step_type",
        toolCallResult = "toolCallResult",
        ui_telemetry = "ui_telemetry",
        uiTelemetry = "uiTelemetry",
        function_call = "function_call",
        reconciled = "reconciled",
        recovered = "recovered",
        terminal = "terminal",
        kind_of = "kind_of",
        rejected = "rejected",
        level = "level",
        failure = "failure",
        success_count = "success_count",
        signal = "signal",
        aborted = "aborted",
        workflow_event = "workflow_event",
        envelope = "envelope",
        delta = "delta",
        channel = "channel",
        tool_use = "tool_use",
        task_completed = "task_completed",
        process = "process",
        lastUpdated = "lastUpdated",
        incomplete_details = "incomplete_details",
        response = "response",
        completed = "completed",
        extraInfo = "extraInfo",
        extra_info = "extra_info",
        return_code_interpretation = "return_code_interpretation",
        exception_info = "exception_info",
        failureKind = "failureKind",
        isUserInitiated = "isUserInitiated",
        queued = "queued",
        data_type = "data_type",
        functionResponses = "functionResponses",
        responseParts = "responseParts",
        server_name = "server_name",
        decision_kind = "decision_kind",
        optionId = "optionId",
        options = "options",
        selected = "selected",
        blocked_reason = "blocked_reason",
        failure_class = "failure_class",
        child = "child",
        record_id = "record_id",
        is_background = "is_background",
        processId = "processId",
        approval = "approval",
        tool_output = "tool_output",
        body = "body",
        invocation = "invocation",
        server = "server",
        mcpServerName = "mcpServerName",
        llmContent = "llmContent",
        finalText = "finalText",
        truncated = "truncated",
        stream = "stream",
        lane_id = "lane_id",
        session = "session",
        snapshot = "snapshot",
        user = "user",
        assistant = "assistant",
        gate = "gate",
        plan = "plan",
        gen_ai_tool_call_id = "gen_ai.tool.call.id",
        gemini_tool_call_id = "gen_ai.tool.call_id",
        gen_ai_tool_name = "gen_ai.tool.name",
        gen_ai_operation_name = "gen_ai.operation.name",
        gen_ai_conversation_id = "gen_ai.conversation.id",
        otel_exit_code = "process.exit.code",
        otel_error_type = "error.type",
        otel_exception_message = "exception.message",
        otel_exception_type = "exception.type",
        workspace = "workspace",
        previous_seq = "previous_seq",
        forkedFrom = "forkedFrom",
        hook_event_name = "hook_event_name",
        protocol_version = "protocol_version",
        tool_metadata = "tool_metadata",
        session_info = "session_info",
        attempt = "attempt",
        description = "description",
        cmd = "cmd",
        command = "command",
        arguments_json = "arguments_json",
        workdir = "workdir",
        provider = "provider",
        content_items = "content_items",
        http_connection_failed = "http_connection_failed",
        response_stream_connection_failed = "response_stream_connection_failed",
        response_stream_disconnected = "response_stream_disconnected",
        response_too_many_failed_attempts = "response_too_many_failed_attempts",
        failure_source = "failure_source",
        run_in_background = "run_in_background",
        leafUuid = "leafUuid",
        messageId = "messageId",
        total_cost_usd = "total_cost_usd",
        claude_code_version = "claude_code_version",
        slug = "slug",
        thread = "thread",
        taskId = "taskId",
        isNetworkDown = "isNetworkDown",
        retryAttempt = "retryAttempt",
        max_retries = "max_retries",
        operation_id = "operation_id",
        interruptedMessageId = "interruptedMessageId",
        shell_id = "shell_id",
        request_id = "request_id",
        item_id = "item_id",
        timedOut = "timedOut",
        http_status = "http_status",
        httpStatus = "httpStatus",
        serverName = "serverName",
        tool_call_error = "tool_call_error",
        uiEvent = "uiEvent",
        finalError = "finalError",
        partialResult = "partialResult",
        exitStatus = "exitStatus",
        errorText = "errorText",
        label = "label",
        entry = "entry",
        precheck = "precheck",
        execution_kind = "execution_kind",
        allow = "allow",
        site = "site",
        previous_version = "previous_version",
        message_count = "message_count",
        approval_receipts = "approval_receipts",
        stdout_tail = "stdout_tail",
        stderr_tail = "stderr_tail",
        action_trigger = "action_trigger",
        posture = "posture",
        policy = "policy",
        completed_at = "completed_at",
        leased_at = "leased_at",
        enqueued_at = "enqueued_at",
        model_output_incomplete = "model_output_incomplete",
        manual_compaction = "manual_compaction",
        requires_approval = "requires_approval",
        started_at = "started_at",
        protocolVersion = "protocolVersion",
        sessionUpdate = "sessionUpdate",
        step = "step",
        exception_type = "exception_type",
        otel_http_status = "http.response.status_code",
        otel_rpc_status = "rpc.response.status_code",
        otel_event_name = "event.name",
        otel_session_id = "session.id",
        gen_ai_tool_call_result = "gen_ai.tool.call.result",
        extensionId = "extensionId",
        total_tokens = "total_tokens",
        tool_type = "tool_type",
        prompt_index = "prompt_index",
        model_id = "model_id",
        raw_output = "raw_output",
        parent_tool_call_id = "parent_tool_call_id",
        task_tool_call_id = "task_tool_call_id",
        commands = "commands",
        serverTools = "serverTools",
        stats = "stats",
        apiKeySource = "apiKeySource",
        permissionMode = "permissionMode",
        tools = "tools",
        qwen_code_version = "qwen_code_version",
        shellToolCall = "shellToolCall",
        readToolCall = "readToolCall",
        editToolCall = "editToolCall",
        writeToolCall = "writeToolCall",
        deleteToolCall = "deleteToolCall",
        grepToolCall = "grepToolCall",
        globToolCall = "globToolCall",
        lsToolCall = "lsToolCall",
        semSearchToolCall = "semSearchToolCall",
        updateTodosToolCall = "updateTodosToolCall",
        readTodosToolCall = "readTodosToolCall",
        taskToolCall = "taskToolCall",
        mcpToolCall = "mcpToolCall",
        webSearchToolCall = "webSearchToolCall",
        webFetchToolCall = "webFetchToolCall",
        fetchToolCall = "fetchToolCall",
        awaitToolCall = "awaitToolCall",
        askQuestionToolCall = "askQuestionToolCall",
        createPlanToolCall = "createPlanToolCall",
        readLintsToolCall = "readLintsToolCall",
        applyPatchToolCall = "applyPatchToolCall",
        listMcpResourcesToolCall = "listMcpResourcesToolCall",
        readMcpResourceToolCall = "readMcpResourceToolCall",
        generateImageToolCall = "generateImageToolCall",
        switchModeToolCall = "switchModeToolCall",
        spawnError = "spawnError",
        permissionDenied = "permissionDenied",
        readPermissionDenied = "readPermissionDenied",
        writePermissionDenied = "writePermissionDenied",
        sandboxUnsupported = "sandboxUnsupported",
        fileNotFound = "fileNotFound",
        notFound = "notFound",
        notFile = "notFile",
        invalidFile = "invalidFile",
        fileBusy = "fileBusy",
        noSpace = "noSpace",
        toolNotFound = "toolNotFound",
        serverNotFound = "serverNotFound",
        approved = "approved",
        async_ = "async",
        stillRunning = "stillRunning",
        needsConfirmation = "needsConfirmation",
        duration_api_ms = "duration_api_ms",
        model_call_id = "model_call_id",
        toolUse = "toolUse",
        shutdownType = "shutdownType",
        numTurns = "numTurns",
        provenance = "provenance",
        thought = "thought",
        owner = "owner",
        sessionTitle = "sessionTitle",
        permission_mode = "permission_mode",
        messageUuid = "messageUuid",
        targetId = "targetId",
        customType = "customType",
        methodId = "methodId",
        mode = "mode",
        permissionRequest = "permissionRequest",
    }
}

#[cfg(test)]
pub(super) const WORDS_FOR_TESTS: &[&str] = WORDS;
static INDEX: Words<2048> = Words::new(WORDS);

/// The longest key of the vocabulary, in bytes.
pub const KEY_BYTES_MAX: usize = INDEX.longest_bytes();
/// How many keys are told by [`KeySet::first`].
pub const FIRST_KEYS: usize = 64;
/// How many keys there are.
pub const KEY_COUNT: usize = Position::Count as usize;

impl Key {
    /// An item of an array.
    pub const ITEM: Key = Key(KEY_COUNT as u16);
    /// The record itself.
    pub const ROOT: Key = Key(KEY_COUNT as u16 + 1);

    /// The key at a position.
    #[inline(always)]
    pub(super) const fn from_position(position: u16) -> Self {
        Self(position)
    }

    /// The key of this name.
    #[inline(never)]
    pub fn named(name: &[u8]) -> Option<Key> {
        INDEX.find(name).map(Key)
    }

    /// Whether the scan looks inside of a value under this key.
    #[inline]
    pub const fn is_entered(self) -> bool {
        self.0 >= FIRST_ENTERED
    }

    /// Its position in the vocabulary.
    #[inline]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

impl crate::text::Answer for Key {}

/// Room for every key, and for the two that stand for a place.
const KEY_SET_WORDS: usize = (KEY_COUNT + 2).div_ceil(64);

/// A set of keys.
#[derive(Clone, Copy, Default)]
pub struct KeySet([u64; KEY_SET_WORDS]);

impl KeySet {
    /// The set of these keys.
    pub const fn of(keys: &[Key]) -> Self {
        let mut words = [0_u64; KEY_SET_WORDS];
        let mut at = 0;
        while at < keys.len() {
            #[allow(clippy::indexing_slicing, reason = "bounded by the loop and by the count of keys, at compile time")]
            {
                words[keys[at].0 as usize / 64] |= 1 << (keys[at].0 as usize % 64);
            }
            at += 1;
        }
        Self(words)
    }

    /// Both hold one of the keys.
    #[inline]
    pub fn meets(&self, other: &KeySet) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, theirs)| mine & theirs != 0)
    }

    /// Which of the first [`FIRST_KEYS`] keys it holds, a bit for each.
    #[inline]
    pub const fn first(&self) -> u64 {
        let [first, ..] = self.0;
        first
    }

    /// Adds a key.
    #[inline]
    pub fn insert(&mut self, key: Key) {
        let at = key.position();
        if let Some(bits) = self.0.get_mut(at / 64) {
            *bits |= 1 << (at % 64);
        }
    }

    /// Holds the key.
    #[inline]
    pub fn has(&self, key: Key) -> bool {
        let at = key.position();
        self.0.get(at / 64).is_some_and(|bits| bits & (1 << (at % 64)) != 0)
    }
}
