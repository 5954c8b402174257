// Times as people read them: from the recording's start, or as the clock on the wall said.

const two = (value: number): string => String(value).padStart(2, "0");

/** Seconds as 9:56 or 1:09:56, with decimals where asked for. */
export function elapsed(seconds: number, decimals = 0): string {
  const scale = 10 ** decimals;
  const ticks = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(ticks / scale);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const fraction = decimals ? `.${String(ticks % scale).padStart(decimals, "0")}` : "";
  return `${seconds < 0 ? "−" : ""}${hours ? `${hours}:${two(minutes)}` : minutes}:${two(rest)}${fraction}`;
}

/** The file's clock has no time zone: it is shown as it stands, in every country. */
const secondsOf = (startedAt: string): number => Date.parse(`${startedAt.slice(0, 23).replace("Z", "")}Z`) / 1000;

/** The time of day, as written in the file, at some seconds from its start. */
export function clock(startedAt: string, seconds: number, decimals = 0): string {
  const scale = 10 ** decimals;
  const ticks = Math.round((secondsOf(startedAt) + seconds) * scale);
  const date = new Date(Math.floor(ticks / scale) * 1000);
  const fraction = decimals ? `.${String(ticks % scale).padStart(decimals, "0")}` : "";
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}${fraction}`;
}

/** The day, as written in the file. */
export function day(startedAt: string): string {
  return startedAt.slice(0, 10);
}

/** Read 90, 1:30 or 1:01:30 as seconds; nothing if it is no time. */
export function parseElapsed(text: string): number | null {
  if (!/^\s*\d+(:\d{1,2}){0,2}([.,]\d+)?\s*$/.test(text)) return null;
  return text
    .trim()
    .replace(",", ".")
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Read a time of day as seconds from the recording's start, on the first day that it comes. */
export function parseClock(startedAt: string, text: string): number | null {
  const time = parseElapsed(text.includes(":") ? text : "");
  if (time === null) return null;
  const parts = text.trim().split(":").length;
  const ofDay = parts === 2 ? time * 60 : time;
  const start = ((secondsOf(startedAt) % 86400) + 86400) % 86400;
  return (ofDay - start + 86400) % 86400;
}
