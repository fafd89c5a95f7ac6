// Which names of models a person may type. Pure. A name that nobody serves would be found out only when the
// first run fails.

/** Those that are offered to choose from, the strongest first. */
export const MODELS = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5'] as const;

/** Families, with a version of one figure or two behind them, and a date or "latest" behind that. */
const NAMED = /^claude-(opus|sonnet|haiku)-[1-9](-\d)?(-20\d{6}|-latest)?$/;
/** As they were called until version 3.7: the version before the family. */
const NAMED_ONCE = /^claude-3(-[57])?-(opus|sonnet|haiku)-(20\d{6}|latest)$/;

/**
 * Whether a model may be called so. Whether the account may use it, the service alone knows.
 * @param name as the model's API takes it
 */
export const isModelName = (name: string): boolean => NAMED.test(name) || NAMED_ONCE.test(name);

/** What is said of any other name. */
export const NO_SUCH_MODEL = `There is no model of that name. Try ${MODELS.slice(0, -1).join(', ')} or ${MODELS.at(-1)}.`;
