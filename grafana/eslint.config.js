import path from "node:path";
import { fileURLToPath } from "node:url";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["build/", "eslint.config.js"] },
  ...typescript.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: path.dirname(fileURLToPath(import.meta.url)) },
    },
    rules: {
      "@typescript-eslint/explicit-function-return-type": "error",
      "max-len": ["error", { code: 120 }],
    },
  },
);
