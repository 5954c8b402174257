import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The built page is served by semeia.web (see src/semeia/web/page.py) and lies in the wheel.
export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../src/semeia/web/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy lets nothing load but files of its own host
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8321", "/enter": "http://127.0.0.1:8321" } },
});
