/* Made from libs/hooks/src/fallback.ts by `node libs/hooks/golden/write.mjs`; a spec holds that it is current. */
static const struct client {
    const char *name, *deny, *pass;
} CLIENTS[] = {
    {"claude-code",
     "{\"decision\":\"block\",\"reason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}",
     "{}"},
    {"cursor",
     "{\"permission\":\"deny\",\"continue\":false,\"user_message\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\",\"agent_message\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}",
     "{\"permission\":\"allow\",\"continue\":true}"},
    {"codex",
     "{\"decision\":\"block\",\"reason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}",
     "{}"},
    {"gemini-cli",
     "{\"decision\":\"deny\",\"reason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}",
     "{}"},
    {"copilot-cli",
     "{\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\",\"behavior\":\"deny\",\"message\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}",
     "{}"},
    {"vscode",
     "{\"decision\":\"block\",\"reason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\",\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}}",
     "{}"},
    {"windsurf",
     "{\"decision\":\"deny\",\"reason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}",
     "{}"},
    {"opencode",
     "{\"decision\":\"deny\",\"reason\":\"Writ: there is no answer from the daemon of this machine, so nothing may happen\"}",
     "{\"decision\":\"allow\"}"},
};
