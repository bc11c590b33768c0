import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/** Times Avro Java's checker, warmed up, on the pairs in a folder: NAME MICROSECONDS a line. */
public class AvroJava {
  public static void main(String[] arguments) throws Exception {
    try (DirectoryStream<Path> pairs = Files.newDirectoryStream(Path.of(arguments[0]), "*.old.avsc")) {
      for (Path old : pairs) {
        String name = old.getFileName().toString().replace(".old.avsc", "");
        Schema writer = new Schema.Parser().parse(old.toFile());
        Schema reader = new Schema.Parser().parse(old.resolveSibling(name + ".new.avsc").toFile());
        long[] times = new long[2000];
        for (int round = -3000; round < times.length; round++) {
          long start = System.nanoTime();
          SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
          long time = System.nanoTime() - start;
          if (round >= 0) {
            times[round] = time;
          }
        }
        Arrays.sort(times);
        System.out.printf("%s %.1f%n", name, times[times.length / 2] / 1e3);
      }
    }
  }
}
