"""The component zdx:index:ApiKey, installed into the folder .venv beside this file."""

from zdx_component.package import serve

serve()
