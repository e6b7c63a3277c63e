package blockwatch.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Catalog and policy as look-ups: who asked, what a destination reaches, which policies speak of it. Immutable, for all
 * threads. Times are milliseconds since 1970. Texts of [A-Z0-9] are codes: their digits to base 37, none of them 0.
 */
final class Rules {
  static final String[] JURISDICTIONS =
      ("AK AL AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MP MS MT NC ND NE NH NJ NM NV NY "
       + "OH OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY").split(" ");
  static final String[] CLASSES = {"driver_license", "driver_history", "registration", "other"};
  static final int OTHER = 3;
  static final int OUT_OF_SCOPE = 4;
  static final String[] OUTCOMES = {"answered", "no_record", "rejected", "error", "unknown"};
  static final int UNKNOWN_OUTCOME = 4;
  static final String[] VERDICTS = {"blocked", "excepted", "gap", "watched", "shadow", "none"};
  static final int BLOCKED = 0, EXCEPTED = 1, GAP = 2, WATCHED = 3, SHADOW = 4, NONE = 5;

  /** A target is a set of jurisdictions, one bit each, with how directly it was named above them; or UNUSABLE. */
  static final long UNUSABLE = Long.MIN_VALUE;
  static final long ALL = (1L << JURISDICTIONS.length) - 1;
  static final int DIRECTNESS_SHIFT = 56; // 0: by code or ORI, 1: by region, 2: by NL

  private static final int UNKNOWN = 0, AMBIGUOUS = 1, UNCLASSIFIED = 2, FEDERAL_UNCLASSIFIED = 3; // the first nodes
  private static final long TWO_TO_NINE = 94931877133L; // 37^7: a code of nine characters to that of its first two
  private static final long NINE = 37 * TWO_TO_NINE; // what a code of nine characters exceeds
  private static final String DIGITS = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  private static final byte[] DIGIT_OF = new byte[256];
  private static final LongMap KINDS = new LongMap();

  static {
    for (int digit = 1; digit < DIGITS.length(); ++digit) {
      DIGIT_OF[DIGITS.charAt(digit)] = (byte) digit;
      DIGIT_OF[Character.toLowerCase(DIGITS.charAt(digit))] = (byte) digit;
    }
    final String[] keys = {"DQ DQG DNQ", "KQ", "RQ RQG RNQ RPQ", "", "DR DRG DNR KR RR RNR RPR IAR ER SM"};
    for (int kind = 0; kind < keys.length; ++kind) {
      if (kind == OTHER) continue;
      for (final String key : keys[kind].split(" ")) KINDS.put(code(key), kind);
    }
  }

  /** The text as a code; 0: empty, longer than `most`, or not of [A-Za-z0-9] only. */
  static long code(byte[] text, int from, int to, int most) {
    if (to - from > most) return 0;
    long code = 0;
    for (int i = from; i < to; ++i) {
      final int digit = DIGIT_OF[text[i] & 0xFF];
      if (digit == 0) return 0;
      code = code * 37 + digit;
    }
    return code;
  }

  static long code(String text) {
    final byte[] bytes = text.getBytes();
    return code(bytes, 0, bytes.length, 9);
  }

  /** Of a message key: its class, or OUT_OF_SCOPE. */
  static int kind(long key) {
    return (int) KINDS.get(key, OTHER);
  }

  record Span(long from, long to) {
    boolean holds(long time) {
      return from <= time && time < to;
    }
  }

  record Row(long ori, int node, boolean shared, boolean federal, long line, long reached, Span span) {}

  record OriPattern(String pattern, int node, byte[] literals) {
    OriPattern(String pattern, int node) {
      this(pattern, node, pattern.replaceAll("[*].*", "").getBytes());
    }

    boolean matches(byte[] text) {
      for (int i = 0; i < literals.length; ++i) {
        if (literals[i] != text[i] && literals[i] != '?') return false;
      }
      return matches(text, literals.length, literals.length);
    }

    /** `?` is one character, `*` any run. */
    private boolean matches(byte[] text, int t, int p) {
      if (p == pattern.length()) return t == text.length;
      if (pattern.charAt(p) == '*') return matches(text, t, p + 1) || t < text.length && matches(text, t + 1, p);
      return t < text.length && (pattern.charAt(p) == '?' || pattern.charAt(p) == text[t]) && matches(text, t + 1, p + 1);
    }
  }

  record Exemption(BitSet nodes, long[] purposes, Span span) {
    boolean covers(EventReader event, int node) {
      if (!nodes.isEmpty() && !nodes.get(node) || !span.holds(event.time)) return false;
      boolean named = purposes.length == 0;
      for (final long purpose : purposes) named |= purpose == event.purpose;
      return named;
    }
  }

  record Policy(String id, int index, boolean watch, boolean shadow, int classes, Set<String> channels, Span span,
                long enforcedFrom, List<Exemption> exemptions) {
    /** Of one observation of a jurisdiction and agency that it is about. */
    int verdict(EventReader event, int node) {
      if (!span.holds(event.time) || (classes & (1 << event.kind | (event.photo ? PHOTO : 0))) == 0) return NONE;
      if (!channels.isEmpty() && !channels.contains(event.channel)) return NONE;
      if (watch) return WATCHED;
      if (event.time < enforcedFrom) return shadow ? NONE : GAP;
      for (final Exemption exemption : exemptions) {
        if (exemption.covers(event, node)) return shadow ? NONE : EXCEPTED;
      }
      return shadow ? SHADOW : BLOCKED;
    }
  }

  static final int PHOTO = 1 << CLASSES.length;
  private static final Policy[] NO_POLICIES = {};

  final String[] nodes;
  /** Whether any policy asks for the channel of an event. */
  final boolean byChannel;

  private final Span[] nodeSpans;
  private final Row[] rows;
  private final LongMap firstRows = new LongMap(); // ORI to its first row
  private final List<OriPattern> patterns = new ArrayList<>();
  private final LongMap lines = new LongMap();
  private final long[] ofTwo = new long[37 * 37]; // target of a code of two characters
  private final long[] ofPrefix = new long[37 * 37]; // of an ORI without row by its first two
  private final LongMap regions = new LongMap();
  private final Policy[][] about; // by jurisdiction and node

  /** From the file that `run` makes of agencies.toml, oris.csv and policy.toml. */
  Rules(File file) throws IOException {
    final JsonNode root = new ObjectMapper().readTree(file);
    nodes = new String[root.get("nodes").size()];
    nodeSpans = new Span[nodes.length];
    for (int n = 0; n < nodes.length; ++n) {
      nodes[n] = root.get("nodes").get(n).get("id").asText();
      nodeSpans[n] = span(root.get("nodes").get(n));
    }
    for (final JsonNode p : root.get("patterns")) {
      patterns.add(new OriPattern(p.get("pattern").asText(), p.get("node").asInt()));
    }
    for (final JsonNode line : root.get("lines")) lines.put(code(line.get("code").asText()), line.get("node").asInt());
    readDestinations(root);
    rows = new Row[root.get("rows").size()];
    for (int r = rows.length; r-- > 0;) {
      rows[r] = row(root.get("rows").get(r));
      firstRows.put(rows[r].ori, r);
    }
    about = new Policy[JURISDICTIONS.length * nodes.length][];
    Arrays.fill(about, NO_POLICIES);
    boolean channels = false;
    for (final JsonNode policy : root.get("policies")) channels |= readPolicy(policy);
    byChannel = channels;
  }

  private static Span span(JsonNode of) {
    return new Span(of.path("from").asLong(Long.MIN_VALUE), of.path("to").asLong(Long.MAX_VALUE));
  }

  private static long jurisdictions(JsonNode codes) {
    long set = 0;
    for (final JsonNode code : codes) set |= code.asText().equals("*") ? ALL : jurisdiction(code.asText());
    return set;
  }

  private static long jurisdiction(String code) {
    final int at = Arrays.binarySearch(JURISDICTIONS, code);
    return at < 0 ? 0 : 1L << at;
  }

  private void readDestinations(JsonNode root) {
    Arrays.fill(ofTwo, UNUSABLE);
    for (int first = 1; first < 37; ++first) Arrays.fill(ofTwo, first * 37 + 1, first * 37 + 37, 0);
    for (final String code : JURISDICTIONS) {
      ofTwo[(int) code(code)] = jurisdiction(code);
      ofPrefix[(int) code(code)] = jurisdiction(code);
    }
    ofPrefix[(int) code("NB")] = jurisdiction("NE");
    ofTwo[(int) code("NL")] = ALL | 2L << DIRECTNESS_SHIFT;
    for (final JsonNode region : root.get("regions")) {
      final long code = code(region.get("code").asText());
      final long directness = code == code("NL") ? 2 : 1;
      final long target = jurisdictions(region.get("members")) | directness << DIRECTNESS_SHIFT;
      if (code < ofTwo.length) ofTwo[(int) code] = target;
      else regions.put(code, target);
    }
  }

  private static Row row(JsonNode of) {
    return new Row(code(of.get("ori").asText()), of.get("node").asInt(), of.get("shared").asBoolean(),
                   of.get("federal").asBoolean(), code(of.get("line").asText()),
                   of.get("federal").asBoolean() ? 0 : jurisdiction(of.get("state").asText()), span(of));
  }

  private boolean readPolicy(JsonNode of) {
    final List<Exemption> exemptions = new ArrayList<>();
    for (final JsonNode e : of.get("exceptions")) {
      final BitSet among = new BitSet();
      for (final JsonNode node : e.get("nodes")) among.set(node.asInt());
      final long[] purposes = new long[e.get("purposes").size()];
      for (int i = 0; i < purposes.length; ++i) purposes[i] = code(e.get("purposes").get(i).asText());
      exemptions.add(new Exemption(among, purposes, span(e)));
    }
    final Set<String> channels = new HashSet<>();
    for (final JsonNode channel : of.get("channels")) channels.add(channel.asText());
    int classes = 0;
    for (final JsonNode cls : of.get("classes")) {
      final int at = Arrays.asList(CLASSES).indexOf(cls.asText());
      classes |= at < 0 ? PHOTO : 1 << at;
    }
    final Policy policy =
        new Policy(of.get("id").asText(), of.get("index").asInt(), of.get("watch").asBoolean(), of.get("shadow").asBoolean(),
                   classes, channels, span(of), of.path("enforced_from").asLong(Long.MIN_VALUE), exemptions);
    for (long left = jurisdictions(of.get("jurisdictions")); left != 0; left &= left - 1) {
      for (final JsonNode node : of.get("nodes")) {
        final int at = Long.numberOfTrailingZeros(left) * nodes.length + node.asInt();
        about[at] = Arrays.copyOf(about[at], about[at].length + 1);
        about[at][about[at].length - 1] = policy;
      }
    }
    return !channels.isEmpty();
  }

  Policy[] about(int jurisdiction, int node) {
    return about[jurisdiction * nodes.length + node];
  }

  /** What a destination reaches: a target. */
  long target(long code, long time) {
    if (code == 0) return UNUSABLE;
    if (code < ofTwo.length) return ofTwo[(int) code];
    if (code < NINE) return regions.get(code, UNUSABLE);
    final Row row = row(code, time);
    return row != null ? row.reached : ofPrefix[(int) (code / TWO_TO_NINE)];
  }

  private Row row(long ori, long time) {
    for (int r = (int) firstRows.get(ori, rows.length); r < rows.length && rows[r].ori == ori; ++r) {
      if (rows[r].span.holds(time)) return rows[r];
    }
    return null;
  }

  /** The agency that asked. `line` 0: the event names none. */
  int asker(long ori, long line, long time) {
    final Row row = row(ori, time);
    if (row != null && row.shared) return AMBIGUOUS;
    if (row != null && row.node >= 0 && nodeSpans[row.node].holds(time)) return row.node;
    final byte[] text = text(ori);
    for (final OriPattern p : patterns) {
      if (p.matches(text) && nodeSpans[p.node].holds(time)) return p.node;
    }
    final int byLine = (int) lines.get(line != 0 || row == null ? line : row.line, -1);
    if (byLine >= 0 && nodeSpans[byLine].holds(time)) return byLine;
    if (row == null) return UNKNOWN;
    return row.federal ? FEDERAL_UNCLASSIFIED : row.node < 0 ? UNCLASSIFIED : UNKNOWN;
  }

  private static byte[] text(long ori) {
    final byte[] text = new byte[9];
    long left = ori;
    for (int i = 9; i-- > 0; left /= 37) text[i] = (byte) DIGITS.charAt((int) (left % 37));
    return text;
  }
}
