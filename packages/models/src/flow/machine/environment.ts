// The environment of a process, which it reads once, at its start. Pure.
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
/** Such as zod makes. */
interface Schema<Settings> {
  safeParse(
    env: unknown,
  ):
    | { readonly success: true; readonly data: Settings }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

/** @throws Error with one line that names every variable that is missing or wrong */
export function readEnvironment<Settings>(
  schema: Schema<Settings>,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  throw new Error(
    result.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; '),
  );
}
