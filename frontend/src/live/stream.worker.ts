// One event stream for all tabs of a browser, which opens only six connections to a host: held here, told to each tab.

/// <reference lib="webworker" />

import { listen } from "./listen";

const ports = new Set<MessagePort>();
const tell = listen((message) => {
  for (const port of ports) port.postMessage(message);
});

(self as unknown as SharedWorkerGlobalScope).onconnect = ({ ports: [port] }) => {
  ports.add(port);
  port.onmessage = () => ports.delete(port); // the tab's last words
  port.postMessage({ kind: "live", data: tell() });
};
