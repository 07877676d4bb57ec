"""The console's pages: values in, HTML out."""
