// Weir: written by `weir init`, removed by `weir uninstall`. (__MARKER__)
// OpenCode has no command hooks, so this plugin asks Weir before each tool runs. Whatever goes wrong throws, and a throw
// in `tool.execute.before` stops the tool.
import { spawnSync } from "node:child_process";

const WEIR = __WEIR__;
const HOME = __HOME__;
const TIMEOUT = __TIMEOUT_MS__;

const ask = (event, payload) =>
  spawnSync(WEIR, ["hook", "opencode", event, "--home", HOME], {
    input: JSON.stringify({ hook_event_name: event, ...payload }),
    timeout: TIMEOUT,
    killSignal: "SIGKILL",
    encoding: "utf8",
    maxBuffer: 1 << 24,
    windowsHide: true,
  });

const tell = (event, payload) => {
  try {
    ask(event, payload);
  } catch {
    // What is over cannot be refused.
  }
};

export const Weir = async ({ directory }) => ({
  "tool.execute.before": async (input, output) => {
    const answer = ask("tool.execute.before", {
      session_id: input.sessionID,
      cwd: directory,
      tool_name: input.tool,
      tool_use_id: input.callID,
      tool_input: output.args,
    });
    if (answer.error) throw new Error(`Weir did not answer (${answer.error.code}): the call is refused`);
    if (answer.status === 0 && !answer.stdout.trim()) return;
    const reason = answer.status === 2 ? answer.stderr.trim() : "";
    throw new Error(reason || `Weir did not answer (exit ${answer.status ?? answer.signal}): the call is refused`);
  },
  "tool.execute.after": async (input, output) =>
    tell("tool.execute.after", {
      session_id: input.sessionID,
      cwd: directory,
      tool_name: input.tool,
      tool_use_id: input.callID,
      tool_response: { metadata: { exit: output?.metadata?.exit } },
    }),
  event: async ({ event }) => {
    if (event?.type !== "session.created") return;
    tell("session.created", { session_id: event.properties?.sessionID ?? event.properties?.info?.id, cwd: directory });
  },
});
