// What the scripted model says and does in the agent's suite.
import { PICTURES } from '@mainloop/models/flow/review/pictures.fixture';

export const STORY = `
version: 1
chat:
  - when: '^case own'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/channel-2, title: "Case own", prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^case typed'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/typed, title: "Case typed", prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^case oldred'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/oldred, title: "Case oldred", prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^case packaged'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/packaged, title: "Case packaged", prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^case ruled'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/ruled, title: "Case ruled", prompt: do it, skipPlan: true } }
      - text: ok
  - when: '^case (\\w+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: local/channel, title: "Case {{1}}", prompt: do it, skipPlan: true } }
      - text: ok
agent:
  - when: 'Task: Case own'
    steps:
      - bash: 'echo "stands on $(git describe --tags), $(git log -1 --format=%s)"'
      - bash: 'echo "the brief is $(tail -n 1 .git/TASK.md)"'
      - bash: echo made >> made.txt; git add -A; git commit -qm "Make it"; git push 2>&1 | tail -2
      - text: done
  - when: 'Task: Case oldred.*is red'
    steps:
      - bash: rm newbad.txt; git add -A; git commit -qm "Fix mine"; git push 2>&1 | tail -2
      - text: fixed mine
  - when: 'Task: Case oldred'
    steps:
      - bash: echo made > made.txt; echo "b.ts:1 unused y" > newbad.txt; git add -A; git commit -qm "Make it"; git push 2>&1 | tail -2
      - text: done
  - when: 'Task: Case shows'
    steps:
      - bash: 'echo ${PICTURES.png!.base64} | base64 -d > /tmp/after.png; mainloop show /tmp/after.png "The page, after" 2>&1'
      - bash: 'ln -s /tmp/after.png linked.png; mainloop show linked.png "By a link" 2>&1; rm linked.png'
      - bash: 'mainloop show ../../../../etc/passwd "Not mine" 2>&1; mainloop show /proc/self/environ "Mine, and no picture" 2>&1'
      - bash: 'echo "<svg><script>alert(1)</script></svg>" > /tmp/x.png; mainloop show /tmp/x.png "A program" 2>&1'
      - bash: 'mkfifo /tmp/pipe.png; mainloop show /tmp/pipe.png "A pipe" 2>&1; mainloop show /dev/zero "A device" 2>&1'
      - bash: 'truncate -s 3G /tmp/huge.png; mainloop show /tmp/huge.png "Huge" 2>&1; rm /tmp/huge.png'
      - bash: echo made >> made.txt; git add -A; git commit -qm "Make it"; git push 2>&1 | tail -2
      - text: done
  - when: 'Task: Case ruled.*The house rule of Case ruled.*The house is clean'
    steps:
      - bash: 'echo "found $(cat .git/created .git/prepared | tr "\\n" " ")"'
      - bash: echo made > made.txt; git add -A; git commit -qm "Make it"; git push 2>&1 | tail -2
      - text: done
  - when: 'Task: Case packaged'
    steps:
      - bash: npm install
      - bash: node -p 'require("outer") + " in the sandbox"'
      - bash: git add -A && git commit -qm "Lock the packages" && git push -q
      - text: done
  - when: 'Task: Case typed'
    steps:
      - read: b.ts
      - edit: { path: b.ts, old: 'add(1, 2)', new: 'add(1, "2")' }
      - bash: sleep 4
      - bash: 'grep -rho "[n]ot assignable to parameter" ~/.claude/projects | head -1 | sed "s/^/heard: /" | grep . || sleep 4'
      - bash: 'grep -rho "[n]ot assignable to parameter" ~/.claude/projects | head -1 | sed "s/^/heard: /" | grep . || sleep 8'
      - bash: 'grep -rho "[n]ot assignable to parameter" ~/.claude/projects | head -1 | sed "s/^/heard: /" | grep . || sleep 15'
      - bash: 'grep -rho "[n]ot assignable to parameter" ~/.claude/projects | head -1 | sed "s/^/heard: /" | grep . || sleep 30'
      - bash: 'grep -rho "[n]ot assignable to parameter" ~/.claude/projects | head -1 | sed "s/^/heard: /" | grep . || sleep 60'
      - bash: 'grep -rho "[n]ot assignable to parameter" ~/.claude/projects | head -1 | sed "s/^/heard: /" | grep . || sleep 90'
      - text: done
  - when: 'Make it (blue|green)'
    steps:
      - bash: echo painted {{1}}
      - text: 'It is {{1}} now.'
  - when: 'Task: Case pause.*You were interrupted'
    steps:
      - bash: echo gone on
      - text: done
  - when: 'Task: Case (steer|pause)'
    steps:
      - bash: echo the long command runs
      - bash: 'until [ -e /work/go-on ]; do sleep 0.1; done; sleep 1'
      - text: nobody said anything
  - when: 'Task: Case endless'
    steps:
      - bash: tail -f /dev/null
      - text: never
  - when: 'Task: Case permission'
    steps:
      - bash: touch one
      - bash: rm -rf two
      - bash: touch three
      - bash: touch three
      - bash: git add -A
      - bash: git status --short
      - bash: ls three
      - bash: mainloop say "three is there twice"
      - text: asked for everything
  - when: 'Task: Case attack'
    steps:
      - bash: 'git log -1 --format=%B --output=.git/config'
      - bash: git log --oneline --output=.git/config
      - write: { path: .git/config, content: "[core]\\n\\tfsmonitor = touch /work/home/ran\\n" }
      - write: { path: .claude/settings.json, content: '{"env":{"EVIL":"yes"},"permissions":{"allow":["Bash"]}}' }
      - write: { path: node_modules/.bin/tsc, content: touch /work/home/ran }
      - bash: git status; touch /work/home/ran
      - write: { path: check.sh, content: 'touch /work/home/ran' }
      - bash: git add -A
      - bash: 'git commit -q -m "A check"'
      - bash: git status
      - bash: git log --oneline -n 1
      - bash: git push -q
      - text: all of it was tried
  - when: '# Phase: fix_ci.*Task: Case verify.*exit 1'
    steps:
      - bash: echo right > colour; git add -A; git commit -qm right; git push 2>&1 | tail -2
      - text: fixed
  - when: 'Task: Case verify'
    steps:
      - bash: test -e .git/prepared && echo wrong > colour; git add -A; git commit -qm wrong; git push 2>&1 | tail -2
      - text: pushed
  - when: '.'
    steps: [{ text: I did nothing. }]
`;
