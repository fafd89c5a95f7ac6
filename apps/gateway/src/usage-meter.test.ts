import { describe, expect, test } from '@jest/globals';
import { UsageMeter } from './usage-meter.ts';

describe('the meter', () => {
  const event = (e: object): string => `event: x\ndata: ${JSON.stringify(e)}\n\n`;
  const START = event({
    type: 'message_start',
    message: {
      usage: {
        input_tokens: 100,
        output_tokens: 1,
        cache_creation_input_tokens: 50,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      },
    },
  });
  const delta = (text: string): string =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
  const END = event({ type: 'message_delta', usage: { output_tokens: 42 } });

  test('usage is read from a stream cut anywhere', () => {
    const stream = Buffer.from(START + delta('hi') + END);
    for (let cut = 0; cut <= stream.length; cut += 7) {
      const meter = new UsageMeter(true);
      meter.push(stream.subarray(0, cut));
      meter.push(stream.subarray(cut));
      expect(meter.bill(true, 0)).toEqual({
        input_tokens: 100,
        output_tokens: 42,
        cache_creation_input_tokens: 50,
        cache_read_input_tokens: 0,
        ephemeral_1h_input_tokens: 30,
      });
    }
  });

  test('an answer that was cut costs its input and what was streamed of it', () => {
    const meter = new UsageMeter(true);
    meter.push(Buffer.from(START + delta('x'.repeat(3_000))));
    expect(meter.bill(false, 0)).toMatchObject({ input_tokens: 100 });
    expect(meter.bill(false, 0).output_tokens).toBeGreaterThanOrEqual(1_000);
    expect(meter.bill(false, 0).output_tokens).toBeLessThan(1_100);
  });

  test('one that never said what it used costs an estimate of the input', () => {
    expect(new UsageMeter(true).bill(false, 4_000)).toMatchObject({ input_tokens: 1_000, output_tokens: 0 });
    expect(new UsageMeter(true).bill(true, 4_000)).toMatchObject({ input_tokens: 1_000, output_tokens: 0 });
  });

  test('words cannot pass for figures', () => {
    const meter = new UsageMeter(true);
    meter.push(
      Buffer.from(
        START + delta('"usage":{"input_tokens":9999}') + delta('data: {"usage":{"input_tokens":9999}}') + END,
      ),
    );
    expect(meter.bill(true, 0)).toMatchObject({ input_tokens: 100, output_tokens: 42 });
  });

  test('an answer in one piece', () => {
    const meter = new UsageMeter(false);
    meter.push(Buffer.from(JSON.stringify({ usage: { input_tokens: 7, output_tokens: 9 } })));
    meter.end();
    expect(meter.bill(true, 0)).toMatchObject({ input_tokens: 7, output_tokens: 9 });
  });

  const ZEROS = {
    input_tokens: 0,
    output_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    ephemeral_1h_input_tokens: 0,
  };
  const heard = (...chunks: string[]): UsageMeter => {
    const meter = new UsageMeter(true);
    for (const chunk of chunks) meter.push(Buffer.from(chunk));
    return meter;
  };
  test.each<[string, string[], object]>([
    [
      'the most that was said of each',
      ['data:{"usage":{"output_tokens":5}}\n', 'data: {"usage":{"output_tokens":3,"input_tokens":1}}\n'],
      { output_tokens: 5, input_tokens: 1 },
    ],
    [
      'what is said of the message',
      ['data: {"message":{"usage":{"input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":4}}}}\n'],
      { input_tokens: 9, ephemeral_1h_input_tokens: 4 },
    ],
    ['nothing that is no number', ['data: {"usage":{"input_tokens":"9","output_tokens":null}}\n'], {}],
    [
      'nothing of a use that is none',
      [
        'data: {"usage":null}\n',
        'data: {"usage":7}\n',
        'data: {"usage":null,"message":{"usage":null}}\n',
        'data: {"usage":\n',
        'data: "usage"\n',
      ],
      {},
    ],
    [
      'an empty line and one of another kind',
      ['\n', 'event: x {"usage":{"input_tokens":9}}\n', ': data: {"usage":{"input_tokens":9}}\n'],
      {},
    ],
    ['a line that comes in pieces', ['data: {"usage":{"inp', 'ut_tokens":9}}', '\n\n'], { input_tokens: 9 }],
    [
      'a second line in one piece',
      ['data: {}\ndata: {"usage":{"input_tokens":9}}\ndata: {"usage":{"inp', 'ut_tokens":12}}\n'],
      { input_tokens: 12 },
    ],
    ['no line that is not whole', ['data: {"usage":{"input_tokens":9}}'], {}],
  ])('takes %s', (_, chunks, want) => {
    expect(heard(...chunks).usage).toEqual({ ...ZEROS, ...want });
  });
  test('an end that comes in the middle of a stream says nothing', () => {
    const meter = heard('{"usage":{"input_tokens":9}}');
    meter.end();
    expect(meter.usage).toEqual(ZEROS);
    const empty = new UsageMeter(false);
    empty.end();
    expect(empty.usage).toEqual(ZEROS);
  });
  test('an answer is estimated by its words while nothing is said of it', () => {
    // 88 characters stand around the words of an event.
    const words = (n: number): string => `data:${'x'.repeat(88 - 'data:'.length + n)}\n`;
    expect([0, 1, 3, 4, 300].map((n) => heard(words(n)).outputSoFar)).toEqual([0, 1, 1, 2, 100]);
    expect(heard(words(300), words(3)).outputSoFar).toBe(101);
    expect(heard('data: {}\n').outputSoFar).toBe(0);
    expect(heard(delta('x'.repeat(300)), 'data: {"usage":{"output_tokens":500}}\n').outputSoFar).toBe(500);
    const whole = new UsageMeter(false);
    whole.push(Buffer.alloc(300));
    whole.push(Buffer.alloc(3));
    expect(whole.outputSoFar).toBe(101);
  });
  test('only what the input is said to be counts as told', () => {
    const meter = heard('data: {"usage":{"output_tokens":5}}\n');
    expect(meter.bill(true, 4_000)).toEqual({ ...ZEROS, input_tokens: 1_000, output_tokens: 5 });
    expect(heard('data: {"usage":{"output_tokens":5,"input_tokens":2}}\n').bill(false, 4_000)).toEqual({
      ...ZEROS,
      input_tokens: 2,
      output_tokens: 5,
    });
  });
  test('a line without an end and an answer without one are not kept', () => {
    const meter = heard('data: {"usage":{"input_tokens":9}', 'x'.repeat(1024 * 1024), '}\n');
    expect(meter.usage).toEqual(ZEROS);
    const whole = new UsageMeter(false);
    whole.push(Buffer.from('x'.repeat(8 * 1024 * 1024)));
    whole.push(Buffer.from('{"usage":{"input_tokens":9}}'));
    whole.end();
    expect(whole.usage).toEqual(ZEROS);
  });
});
