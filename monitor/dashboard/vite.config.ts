import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  base: "/",
  build: {
    outDir: "dist",
    target: "es2022",
    // Fonts must stay files of their own: the server lets browsers keep hashed files for ever.
    assetsInlineLimit: 0,
  },
  test: { css: true, include: ["test/*.test.ts"] },
  server: {
    host: "127.0.0.1",
    // Where `npm run dev` finds the server; the built screen is served by the server itself.
    proxy: { "/api": { target: loadEnv(mode, ".", "GRADEWATCH_")["GRADEWATCH_SERVER"] ?? "http://127.0.0.1:8000", ws: true } },
  },
}));
