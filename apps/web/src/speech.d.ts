// Speech to text is no standard of TypeScript's yet (https://wicg.github.io/speech-api/).
interface SpeechRecognition extends EventTarget {
  lang: string;
  onresult: ((e: { results: ArrayLike<ArrayLike<{ transcript: string }>> }) => void) | null;
  onend: (() => void) | null;
  start(): void;
}
declare var SpeechRecognition: { new (): SpeechRecognition } | undefined;
declare var webkitSpeechRecognition: typeof SpeechRecognition;
