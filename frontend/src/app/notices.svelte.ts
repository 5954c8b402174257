// What the page has to say in one calm line: above all what went wrong, in the server's words.

export interface Notice {
  id: number;
  words: string;
  fault: boolean;
}

class Notices {
  list = $state.raw<Notice[]>([]);
  #next = 1;

  /** Say something that goes away by itself. */
  say(words: string): void {
    this.#add(words, false, 6000);
  }

  /** Say what went wrong. */
  fault(error: unknown): void {
    if (error instanceof DOMException && error.name === "AbortError") return;
    this.#add(error instanceof Error ? error.message : String(error), true, 15000);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(words: string, fault: boolean, milliseconds: number): void {
    const id = this.#next++;
    this.list = [...this.list.filter((notice) => notice.words !== words), { id, words, fault }].slice(-3);
    setTimeout(() => this.dismiss(id), milliseconds);
  }
}

export const notices = new Notices();

/** Do something that asks the server; what goes wrong is said, and nothing is returned. */
export async function attempt<T>(doing: () => Promise<T>): Promise<T | undefined> {
  try {
    return await doing();
  } catch (error) {
    notices.fault(error);
    return undefined;
  }
}
