from plugin_command_kit import run

__all__ = ["run"]
