import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** Reads pairs of schemas and data as JSON Lines, and says what Avro Java makes of the data. */
public class Decode {
    public static void main(String[] arguments) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode pair = mapper.readTree(line);
            ObjectNode answer = mapper.createObjectNode();
            answer.set("id", pair.get("id"));
            try {
                Schema writer = parse(pair.get("old"));
                Schema reader = parse(pair.get("new"));
                ArrayNode data = answer.putArray("data");
                for (JsonNode hex : pair.get("data")) {
                    data.add(read(writer, reader, hex.asText()));
                }
                ArrayNode witnesses = answer.putArray("witnesses");
                for (JsonNode witness : pair.get("witnesses")) {
                    witnesses.add(read(writer, reader, witness.get("bytes").asText()));
                }
            } catch (Throwable failure) {
                answer.put("error", failure.toString());
            }
            System.out.println(mapper.writeValueAsString(answer));
        }
    }

    private static Schema parse(JsonNode text) {
        Schema.Parser parser = new Schema.Parser();
        parser.setValidateDefaults(false);
        return parser.parse(text.toString());
    }

    /** The value as text, or why there is none. */
    private static String read(Schema writer, Schema reader, String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = (byte) Integer.parseInt(hex.substring(2 * at, 2 * at + 2), 16);
        }
        try {
            GenericDatumReader<Object> decoder = new GenericDatumReader<>(writer, reader);
            BinaryDecoder in = DecoderFactory.get().binaryDecoder(bytes, null);
            Object datum = decoder.read(null, in);
            return "ok " + datum;
        } catch (Throwable failure) {
            return "fail " + failure;
        }
    }
}
