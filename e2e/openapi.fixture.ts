// GitHub's own description of its answers, as a judge of the local GitHub's.
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** A validator over GitHub's description. OpenAPI 3.0 says `nullable`, JSON Schema says `null`. */
export function openApi(): (method: string, path: string, status: number, body: unknown) => string[] {
  const file = path.join(
    path.dirname(require.resolve('@octokit/openapi/package.json')),
    'generated/api.github.com.json',
  );
  const spec = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<
      string,
      Record<
        string,
        { responses: Record<string, { $ref?: string; content?: Record<string, { schema?: object }> }> }
      >
    >;
    components: Record<string, unknown>;
  };
  const convert = (n: unknown): void => {
    if (Array.isArray(n)) return n.forEach(convert);
    if (n === null || typeof n !== 'object') return;
    const o = n as Record<string, unknown>;
    for (const [key, value] of Object.entries(o))
      if (!['example', 'examples', 'enum', 'default'].includes(key)) convert(value);
    delete o.discriminator;
    if (o.nullable === true) {
      delete o.nullable;
      const copy = { ...o };
      for (const key of Object.keys(o)) delete o[key];
      o.anyOf = [copy, { type: 'null' }];
    }
  };
  convert(spec.components);
  convert(spec.paths);
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  (addFormats as unknown as (a: Ajv) => void)(ajv);
  ajv.addSchema({ $id: 'gh', components: spec.components });
  const cache = new Map<string, ValidateFunction>();
  return (method, template, status, body) => {
    let response = spec.paths[template]?.[method.toLowerCase()]?.responses[String(status)];
    if (response?.$ref)
      response = response.$ref
        .split('/')
        .slice(1)
        .reduce((a: never, k) => a[k], spec as never);
    const schema = response?.content?.['application/json']?.schema;
    if (!schema) return [`${status} is not described`];
    const key = `${method} ${template} ${status}`;
    if (!cache.has(key))
      cache.set(
        key,
        ajv.compile(
          JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"gh#/components')) as object,
        ),
      );
    const validate = cache.get(key)!;
    return validate(body)
      ? []
      : [...new Set(validate.errors!.map((e) => `${e.instancePath.replace(/\/\d+/g, '/*')} ${e.message}`))];
  };
}
