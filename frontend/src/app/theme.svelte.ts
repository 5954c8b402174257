// Light or dark: as the system says, or as the reader chose.

type Choice = "light" | "dark" | null;

class Theme {
  #choice = $state<Choice>(localStorage.getItem("semeia.theme") as Choice);
  #system = $state(matchMedia("(prefers-color-scheme: dark)").matches);

  constructor() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => (this.#system = matches));
    this.#apply();
  }

  get dark(): boolean {
    return this.#choice ? this.#choice === "dark" : this.#system;
  }

  toggle(): void {
    const wanted = this.dark ? "light" : "dark";
    this.#choice = (wanted === "dark") === this.#system ? null : wanted; // what the system says needs no choice
    if (this.#choice) localStorage.setItem("semeia.theme", this.#choice);
    else localStorage.removeItem("semeia.theme");
    this.#apply();
  }

  #apply(): void {
    if (this.#choice) document.documentElement.dataset.theme = this.#choice;
    else delete document.documentElement.dataset.theme;
  }
}

export const theme = new Theme();
