const MOODS =
  'bold brave brisk calm clever cosy curious eager fair gentle glad golden grand happy honest humble jolly keen kind lively lucky merry neat noble patient polite proud quick quiet steady swift warm'.split(
    ' ',
  );
const COLOURS =
  'amber azure beige black blue bronze brown copper coral cream crimson cyan ebony emerald green grey indigo ivory jade lemon lilac maroon olive orange pink plum purple red ruby silver violet white'.split(
    ' ',
  );
const ANIMALS =
  'badger bear beaver bee bison camel cat crane crow deer dog dove duck eagle falcon ferret finch fox frog goat goose hare hawk hedgehog heron horse ibex kestrel kite koala lark lion lynx magpie marten mole moose mouse newt otter owl ox panda penguin pigeon pony puffin rabbit raven robin salmon seal sheep sparrow squirrel stork swan tiger toad trout turtle whale wolf wren'.split(
    ' ',
  );

/**
 * Three words that both sides of a device login show, for example "calm amber otter". They are no secret: who approves
 * compares them, and so sees that the code on the screen belongs to the device in hand and not to a stranger's.
 * @param below a random whole number below another, each as likely
 */
export const makeCheckPhrase = (below: (bound: number) => number): string =>
  [MOODS, COLOURS, ANIMALS].map((words) => words[below(words.length)]).join(' ');
