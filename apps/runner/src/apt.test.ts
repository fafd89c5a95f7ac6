// Debian packages in a sandbox: what is asked for, and what is made of what came.
import { expect, test } from '@jest/globals';
import { alternativesOf, aptOptions, namesOf, sourcesOf, suiteOf, wrapperOf } from './apt.ts';

test('which release it is, and that another system is told', () => {
  expect(
    suiteOf('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'),
  ).toBe('bookworm');
  expect(() => suiteOf('ID=ubuntu\nVERSION_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04"\n')).toThrow(
    'runs Ubuntu 24.04',
  );
  expect(() => suiteOf('ID=debian\nVERSION_CODENAME="../x"\n')).toThrow('Debian');
  expect(() => suiteOf('')).toThrow('something else');
});

test.each([[['jq']], [['g++-12', 'libpq-dev=15.8-0+deb12u1']]])('%j are names', (names) => {
  expect(namesOf(names)).toEqual(names);
});
test.each([[[]], [['--allow-unauthenticated']], [['-o', 'x=y']], [['./local.deb']], [['jq;ls']], [['Jq']]])(
  '%j are none',
  (names) => {
    expect(() => namesOf(names)).toThrow(/name/);
  },
);

test('every source is signed by Debian, and behind the gateway', () => {
  const lines = sourcesOf('http://127.0.0.1:8701', 'bookworm').trim().split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines)
    expect(line).toMatch(
      /^deb \[signed-by=\/usr\/share\/keyrings\/debian-archive-keyring.gpg\] http:\/\/127.0.0.1:8701\/debian/,
    );
  expect(aptOptions('/h/x').join(' ')).not.toMatch(/allow|insecure|trusted/i);
});

test('what update-alternatives would link is read out of the script, over lines and not run', () => {
  expect(
    alternativesOf(
      'set -e\nupdate-alternatives --install /usr/bin/figlet \\\n  figlet /usr/bin/figlet-figlet 20\nupdate-alternatives --install /usr/share/x y /etc/passwd 1\n',
    ),
  ).toEqual([['figlet', 'usr/bin/figlet-figlet']]);
});

test('a program is started with the libraries that came with it', () => {
  expect(wrapperOf('/home/a/.mainloop-apt', 'usr/bin/jq')).toMatch(
    /^#!\/bin\/sh\nr='\/home\/a\/.mainloop-apt\/tree'\nexport LD_LIBRARY_PATH=.*\nexec "\$r\/usr\/bin\/jq" "\$@"\n$/,
  );
});
