// What `mainloop init-repo` asks an agent to propose: checks, and a preview of each pull request. Pure.
export const TEMPLATE_PARTS = ['ci', 'lint', 'preview', 'database'] as const;
export type TemplatePart = (typeof TEMPLATE_PARTS)[number];

const PREVIEW = `\`\`\`yaml
# .github/workflows/preview.yml
name: preview
on:
  pull_request: { types: [opened, synchronize, reopened, closed] }
concurrency: preview-\${{ github.event.number }}
jobs:
  preview:
    if: github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-latest
    environment: preview
    env: { NAMESPACE: "preview-pr-\${{ github.event.number }}" }
    steps:
      - uses: actions/checkout@v4
      - run: mkdir -p ~/.kube && printf '%s' "\${{ secrets.PREVIEW_KUBECONFIG }}" > ~/.kube/config
      - if: github.event.action != 'closed'
        run: |
          kubectl create namespace "$NAMESPACE" --dry-run=client -o yaml | kubectl apply -f -
          kubectl apply -n "$NAMESPACE" -k preview
      - if: github.event.action == 'closed'
        run: kubectl delete namespace "$NAMESPACE" --ignore-not-found
\`\`\``;

const DATABASE = `\`\`\`yaml
# preview/database.yaml, named by preview/kustomization.yaml; the operator is https://cloudnative-pg.io
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: db }
spec:
  instances: 1
  bootstrap: { initdb: { database: app, owner: app } }
  storage: { size: 1Gi }
\`\`\``;

/** Each part: what to make, and why, in words that go into the pull request. */
const PARTS: Record<TemplatePart, string> = {
  ci: `**CI.** A GitHub Actions workflow \`.github/workflows/ci.yml\` on pull requests and on the default branch, with one job each for lint, types and tests, as far as the repository has them. Use its own package manager, its own scripts and its lock file. Why: mainloop calls a change ready only when its checks are green.`,
  lint: `**A linter.** Only if there is none: the usual one of the language with its recommended rules and nothing else, and a script that runs it. Fix what it finds only where the fix is mechanical; list the rest. Why: an agent that can check itself needs fewer rounds.`,
  preview: `**A preview of each pull request.** A namespace for each, made from a kustomization in \`preview/\` (a Deployment and a Service of this application), and removed when the pull request is closed. Start from this workflow:\n\n${PREVIEW}\n\nThe secret PREVIEW_KUBECONFIG and the image it runs are for a person to provide: say so in the pull request. Why: a reviewer looks at the running thing, also from a phone.`,
  database: `**A database for each preview.** A Postgres of its own beside the application, gone with the namespace:\n\n${DATABASE}\n\nThe application reads its URL from the Secret \`db-app\`, key \`uri\`. Why: two pull requests never see each other's data.`,
};

/** @returns the title and the prompt of the task that proposes these parts as one pull request */
export function templateTask(parts: readonly TemplatePart[]): { title: string; prompt: string } {
  // A database without a namespace to live in would be nobody's.
  const wanted = TEMPLATE_PARTS.filter(
    (p) => parts.includes(p) || (p === 'preview' && parts.includes('database')),
  );
  const names = { ci: 'CI', lint: 'a linter', preview: 'previews', database: 'a database for each preview' };
  const list = wanted.map((p) => names[p]);
  return {
    title: `Set up ${list.length > 1 ? `${list.slice(0, -1).join(', ')} and ${list.at(-1)}` : list[0]}`,
    prompt: `Propose the following as one pull request, adapted to what this repository really is. Look first at what is there: keep it where it does the job, and leave out what makes no sense here, saying why. Explain every file in the description, so that a person can drop any of them.\n\n${wanted.map((p) => PARTS[p]).join('\n\n')}`,
  };
}
