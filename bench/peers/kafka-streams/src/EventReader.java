package blockwatch.peer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Arrays;

/**
 * Reads one query event from the bytes of a record in one pass that allocates nothing: the whole text is checked to be
 * JSON, and the fields that matter to be what they may be. One a thread; a read replaces the last.
 */
final class EventReader {
  long time; // milliseconds since 1970
  long ori, line, purpose; // codes; 0: absent
  int kind; // class, or Rules.OUT_OF_SCOPE
  boolean photo;
  int outcome;
  String channel; // only where some policy asks for it
  final long[] destinations = new long[DESTINATIONS_MAX]; // codes; 0: none that could be one
  int destinationCount;
  long[] resultDestinations = new long[64];
  byte[] resultOutcomes = new byte[64];
  int resultCount;

  private static final int BYTES_MAX = 65536, DESTINATIONS_MAX = 64, DEPTH_MAX = 64, ID_MAX = 128, CHANNEL_MAX = 32;
  private static final long FUTURE_SLACK_MS = 300_000, KEPT_MS = 3653L * 86_400_000;

  private static final String[] NAMES = {"id", "time", "message_key", "origin", "destinations", "channel", "purpose",
      "reason", "image_requested", "outcome", "results", "ori", "line", "destination"};
  private static final int ID = 0, TIME = 1, MESSAGE_KEY = 2, ORIGIN = 3, DESTINATIONS = 4, CHANNEL = 5, PURPOSE = 6,
      REASON = 7, IMAGE_REQUESTED = 8, OUTCOME = 9, RESULTS = 10, ORI = 11, LINE = 12, DESTINATION = 13, IGNORED = 14;
  private static final int IN_EVENT = (1 << ORI) - 1, IN_ORIGIN = 1 << ORI | 1 << LINE;
  private static final int IN_RESULT = 1 << DESTINATION | 1 << OUTCOME;
  private static final int NEEDED = 1 << ID | 1 << TIME | 1 << MESSAGE_KEY | 1 << ORI | 1 << DESTINATIONS;
  private static final byte[][] NAME_BYTES = new byte[NAMES.length][];
  private static final byte[] NAME_AT = new byte[32]; // by nameHash

  private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L, HIGHS = 0x8080808080808080L;
  private static final byte[][] OUTCOME_BYTES = new byte[Rules.OUTCOMES.length][];
  private static final byte[] TRUE = "true".getBytes(), FALSE = "false".getBytes(), NULL = "null".getBytes();
  private static final long IMQ = Rules.code("IMQ");

  static {
    Arrays.fill(NAME_AT, (byte) -1);
    for (int i = 0; i < NAMES.length; ++i) {
      NAME_BYTES[i] = NAMES[i].getBytes();
      final int hash = nameHash(NAME_BYTES[i], 0, NAME_BYTES[i].length);
      if (NAME_AT[hash] >= 0) throw new AssertionError("two names of one hash: choose another");
      NAME_AT[hash] = (byte) i;
    }
    for (int i = 0; i < OUTCOME_BYTES.length; ++i) OUTCOME_BYTES[i] = Rules.OUTCOMES[i].getBytes();
  }

  private static final class Bad extends RuntimeException {
    Bad() {
      super(null, null, false, false);
    }
  }

  private static final Bad BAD = new Bad();

  private final boolean withChannel;
  private byte[] json;
  private int at;
  private int seen, present; // fields, one bit each
  private boolean escaped, ascii;
  private byte[] text; // of the last string: text[from, to)
  private int from, to;

  EventReader(boolean withChannel) {
    this.withChannel = withChannel;
  }

  /** False: no valid event. `recordTime`: the record's timestamp in milliseconds, or negative. */
  boolean read(byte[] payload, long recordTime) {
    if (payload == null || payload.length > BYTES_MAX) return false;
    json = payload;
    at = seen = present = destinationCount = resultCount = 0;
    line = purpose = 0;
    photo = false;
    ascii = true;
    outcome = Rules.UNKNOWN_OUTCOME;
    channel = "unknown";
    try {
      space();
      event();
      while (at < json.length) {
        if (!isSpace(json[at++])) return false;
      }
      if (!ascii) StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
    } catch (Bad | ArrayIndexOutOfBoundsException | CharacterCodingException e) { // out of bounds: it ends too early
      return false;
    }
    final boolean inTime = recordTime < 0 || time <= recordTime + FUTURE_SLACK_MS && time >= recordTime - KEPT_MS;
    return (present & NEEDED) == NEEDED && time >= 0 && inTime;
  }

  // ---- the event
  private void event() {
    if (open('{', '}')) return;
    do {
      final int field = name(IN_EVENT);
      if (field == IGNORED) {
        value(1);
      } else if (json[at] == 'n') {
        literal(NULL);
      } else {
        present |= 1 << field;
        field(field);
      }
    } while (more('}'));
  }

  private void field(int field) {
    switch (field) {
      case ID -> {
        text();
        require(to > from && to - from <= ID_MAX);
      }
      case TIME -> time();
      case MESSAGE_KEY -> messageKey();
      case ORIGIN -> origin();
      case DESTINATIONS -> destinations();
      case CHANNEL -> channel();
      case PURPOSE -> purpose = code(2);
      case REASON -> code(2);
      case IMAGE_REQUESTED -> {
        final boolean yes = json[at] == 't';
        literal(yes ? TRUE : FALSE);
        photo |= yes;
      }
      case OUTCOME -> outcome = outcome();
      case RESULTS -> results();
      default -> throw BAD;
    }
  }

  private void origin() {
    if (open('{', '}')) return;
    do {
      final int field = name(IN_ORIGIN);
      if (field == IGNORED) {
        value(2);
      } else if (json[at] == 'n') {
        literal(NULL);
      } else if (field == LINE) {
        line = code(4);
      } else {
        present |= 1 << ORI;
        ori = destination();
        require(to - from == 9 && ori != 0);
      }
    } while (more('}'));
  }

  private void destinations() {
    if (open('[', ']')) return;
    do {
      require(destinationCount < DESTINATIONS_MAX);
      destinations[destinationCount++] = destination();
    } while (more(']'));
  }

  private void results() {
    if (open('[', ']')) return;
    final int seenOutside = seen;
    do {
      if (resultCount == resultOutcomes.length) {
        resultOutcomes = Arrays.copyOf(resultOutcomes, 2 * resultCount);
        resultDestinations = Arrays.copyOf(resultDestinations, 2 * resultCount);
      }
      seen = 0;
      int found = 0;
      if (!open('{', '}')) {
        do {
          final int field = name(IN_RESULT);
          found |= field == IGNORED ? 0 : 1 << field;
          if (field == IGNORED) value(3);
          else if (field == OUTCOME) resultOutcomes[resultCount] = (byte) outcome();
          else resultDestinations[resultCount] = destination();
        } while (more('}'));
      }
      require(found == IN_RESULT);
      ++resultCount;
    } while (more(']'));
    seen = seenOutside;
  }

  // ---- texts
  private long code(int most) {
    text();
    final long code = Rules.code(text, from, to, most);
    require(code != 0);
    return code;
  }

  /** A code of up to nine characters, without blanks around it; 0: it is none. */
  private long destination() {
    text();
    while (from < to && text[from] == ' ') ++from;
    while (from < to && text[to - 1] == ' ') --to;
    return Rules.code(text, from, to, 9);
  }

  private int outcome() {
    text();
    for (int i = 0; i < OUTCOME_BYTES.length; ++i) {
      if (Arrays.equals(text, from, to, OUTCOME_BYTES[i], 0, OUTCOME_BYTES[i].length)) return i;
    }
    throw BAD;
  }

  private void messageKey() {
    text();
    for (int part = from;;) {
      int end = part;
      while (end < to && text[end] != '/') ++end;
      final long code = Rules.code(text, part, end, 8);
      require(code != 0);
      if (part == from) kind = Rules.kind(code);
      photo |= code == IMQ;
      if (end == to) return;
      part = end + 1;
    }
  }

  private void channel() {
    text();
    require(to > from && to - from <= CHANNEL_MAX);
    for (int i = from; i < to; ++i) {
      final int c = text[i];
      require(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-');
    }
    if (withChannel) channel = new String(text, from, to - from, StandardCharsets.US_ASCII).toLowerCase();
  }

  private void time() {
    text();
    final int year = digits(4);
    is('-');
    final int month = digits(2);
    is('-');
    final int day = digits(2);
    require(from < to && (text[from++] | 0x20) == 't');
    final int hour = digits(2);
    is(':');
    final int minute = digits(2);
    int second = 0;
    int ms = 0;
    if (from < to && text[from] == ':') {
      ++from;
      second = digits(2);
      if (from < to && text[from] == '.') ms = fraction();
    }
    final long minutes = epochDay(year, month, day) * 1440 + hour * 60 + minute - offsetMinutes();
    require(from == to && hour <= 23 && minute <= 59 && second <= 60);
    if (second == 60) {
      require(Math.floorMod(minutes, 1440) == 1439);
      require(LocalDate.ofEpochDay(Math.floorDiv(minutes, 1440) + 1).getDayOfMonth() == 1);
      second = 59;
      ms = 999;
    }
    time = (minutes * 60 + second) * 1000 + ms;
  }

  private int fraction() {
    require(++from < to && isDigit(text[from]));
    int ms = 0;
    for (int unit = 100; from < to && isDigit(text[from]); unit /= 10) ms += (text[from++] - '0') * unit;
    return ms;
  }

  private int offsetMinutes() {
    require(from < to);
    final int sign = text[from++];
    if ((sign | 0x20) == 'z') return 0;
    require(sign == '+' || sign == '-');
    final int hours = digits(2);
    is(':');
    final int minutes = digits(2);
    require(hours <= 23 && minutes <= 59);
    return sign == '-' ? -(hours * 60 + minutes) : hours * 60 + minutes;
  }

  private static long epochDay(int year, int month, int day) {
    final boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    require(month >= 1 && month <= 12 && day >= 1);
    require(day <= (month == 2 ? leap ? 29 : 28 : 30 + (month + month / 8) % 2));
    final int y = month <= 2 ? year + 399 : year + 400; // years from March on, moved up by one era
    final int yearOfEra = y % 400;
    final int dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (y / 400 - 1) * 146097L + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
  }

  private int digits(int n) {
    require(to - from >= n);
    int value = 0;
    for (final int end = from + n; from < end; ++from) {
      require(isDigit(text[from]));
      value = value * 10 + text[from] - '0';
    }
    return value;
  }

  private void is(char c) {
    require(from < to && text[from++] == c);
  }

  // ---- JSON
  /** Of the member that begins here; leaves `at` on its value. A name among `known` may come only once. */
  private int name(int known) {
    text();
    int field = NAME_AT[nameHash(text, from, to)];
    final boolean isKnown = field >= 0 && (known & 1 << field) != 0
        && Arrays.equals(text, from, to, NAME_BYTES[field], 0, NAME_BYTES[field].length);
    if (isKnown) {
      require((seen & 1 << field) == 0);
      seen |= 1 << field;
    } else {
      field = IGNORED;
    }
    space();
    require(json[at++] == ':');
    space();
    return field;
  }

  private static int nameHash(byte[] text, int from, int to) {
    return from == to ? 0 : text[from] * 23 + (to - from) & 31;
  }

  /** Behind the opening bracket; whether the closing one follows at once, and then behind that. */
  private boolean open(char opening, char closing) {
    require(json[at++] == opening);
    space();
    final boolean isEmpty = json[at] == closing;
    if (isEmpty) ++at;
    return isEmpty;
  }

  /** Behind a value in a container: whether another follows. */
  private boolean more(char closing) {
    space();
    final byte c = json[at++];
    if (c == closing) return false;
    require(c == ',');
    space();
    return true;
  }

  private void value(int depth) {
    switch (json[at]) {
      case '"' -> string();
      case '{' -> {
        require(depth < DEPTH_MAX);
        if (open('{', '}')) return;
        do {
          string();
          space();
          require(json[at++] == ':');
          space();
          value(depth + 1);
        } while (more('}'));
      }
      case '[' -> {
        require(depth < DEPTH_MAX);
        if (open('[', ']')) return;
        do {
          value(depth + 1);
        } while (more(']'));
      }
      case 't' -> literal(TRUE);
      case 'f' -> literal(FALSE);
      case 'n' -> literal(NULL);
      default -> number();
    }
  }

  private void literal(byte[] word) {
    for (final byte c : word) require(json[at++] == c);
  }

  private void number() {
    final int begin = at;
    if (json[at] == '-') ++at;
    if (json[at] == '0') ++at;
    else someDigits();
    boolean isInteger = true;
    if (json[at] == '.') {
      isInteger = false;
      ++at;
      someDigits();
    }
    if ((json[at] | 0x20) == 'e') {
      isInteger = false;
      ++at;
      if (json[at] == '+' || json[at] == '-') ++at;
      someDigits();
    }
    if (isInteger && at - begin < 19) return;
    final String number = new String(json, begin, at - begin, StandardCharsets.US_ASCII);
    if (isInteger) require(new BigInteger(number).bitLength() <= (number.startsWith("-") ? 63 : 64));
    else require(Double.isFinite(Double.parseDouble(number)));
  }

  private void someDigits() {
    require(isDigit(json[at]));
    while (isDigit(json[at])) ++at;
  }

  /** Passes over a string. */
  private void string() {
    require(json[at++] == '"');
    from = at;
    escaped = false;
    for (;;) {
      pass();
      final byte c = json[at++];
      if (c == '"') break;
      if (c < 0) ascii = false;
      else if (c == '\\') escape();
      else throw BAD;
    }
    to = at - 1;
  }

  /** Over what needs no look: up to the next quote, backslash, control or non-ASCII byte, eight at a time. */
  private void pass() {
    final byte[] bytes = json;
    int i = at;
    for (; i + 8 <= bytes.length; i += 8) {
      final long eight = (long) EIGHT.get(bytes, i);
      final long quote = eight ^ '"' * ONES;
      final long backslash = eight ^ '\\' * ONES;
      final long stop = (quote - ONES & ~quote | backslash - ONES & ~backslash | eight - ' ' * ONES | eight) & HIGHS;
      if (stop != 0) {
        at = i + (Long.numberOfTrailingZeros(stop) >>> 3);
        return;
      }
    }
    while (bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\') ++i;
    at = i;
  }

  private void escape() {
    escaped = true;
    final byte c = json[at++];
    if (c != 'u') {
      require("\"\\/bfnrt".indexOf(c) >= 0);
      return;
    }
    final char unit = unit();
    require(!Character.isLowSurrogate(unit));
    if (!Character.isHighSurrogate(unit)) return;
    require(json[at++] == '\\' && json[at++] == 'u');
    require(Character.isLowSurrogate(unit()));
  }

  private char unit() {
    int unit = 0;
    for (int i = 0; i < 4; ++i) {
      final int digit = Character.digit(json[at++], 16);
      require(digit >= 0);
      unit = unit * 16 + digit;
    }
    return (char) unit;
  }

  /** A string that is needed: its characters in text[from, to). */
  private void text() {
    string();
    if (escaped) unescape();
    else if (text != json) text = json; // a reference is dear to store: the collector marks its card
  }

  private void unescape() {
    final String raw = new String(json, from, to - from, StandardCharsets.UTF_8);
    final StringBuilder plain = new StringBuilder();
    for (int i = 0; i < raw.length(); ++i) {
      char c = raw.charAt(i);
      if (c == '\\') {
        c = raw.charAt(++i);
        if (c == 'u') {
          c = (char) Integer.parseInt(raw.substring(i + 1, i + 5), 16);
          i += 4;
        } else if ("bfnrt".indexOf(c) >= 0) {
          c = "\b\f\n\r\t".charAt("bfnrt".indexOf(c));
        }
      }
      plain.append(c);
    }
    text = plain.toString().getBytes(StandardCharsets.UTF_8);
    from = 0;
    to = text.length;
  }

  private void space() {
    while (isSpace(json[at])) ++at;
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  private static void require(boolean holds) {
    if (!holds) throw BAD;
  }
}
