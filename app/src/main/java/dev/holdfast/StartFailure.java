package dev.holdfast;

/** A reason not to start that the operator can mend; its message is the one line that is printed. */
public class StartFailure extends RuntimeException {

    public StartFailure(String message) {
        super(message);
    }

    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
